"""Who somebody is, before a project is chosen: what they may do, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from cooldown_api.auth.principal import RANK, Principal
from cooldown_api.problems import ProblemError, not_found
from cooldown_kit.client.wire import Role

EVERYWHERE: Final = "*"
"""In place of a project: a grant for all of them. As `admin` it makes a platform administrator."""


@dataclass(frozen=True)
class Identity:
    """A key, a person, or whoever sits at this machine."""

    actor: str
    grants: Mapping[str, Role]
    """Project, or ``*`` → role."""
    home: str | None = None
    """The project where none is asked for."""
    key_id: str | None = None
    expires_at: datetime | None = None

    def role_in(self, project: str) -> Role | None:
        """The higher of what is granted for the project and for all."""
        roles = [role for key, role in self.grants.items() if key in (project, EVERYWHERE)]
        return max(roles, key=RANK.__getitem__, default=None)

    def principal(self, asked: str | None, default_project: str) -> Principal:
        """The caller in the project that they ask for, in their own, or in the default one.

        Raises :class:`ProblemError`: ``not-found`` for a project that is not theirs, ``bad-request`` where they must choose one.
        """
        project = asked or self.home or self._only(default_project)
        role = self.role_in(project)
        if role is None:
            raise not_found("project", project)
        everywhere = self.grants.get(EVERYWHERE)
        # an administrator of one project who may look at all of them is no administrator of all
        return Principal(
            self.actor, project, role, platform=everywhere == "admin", everywhere=everywhere is not None
        )

    def _only(self, default_project: str) -> str:
        named = [project for project in self.grants if project != EVERYWHERE]
        if len(named) == 1:
            return named[0]
        if self.role_in(default_project) is not None:
            return default_project
        if not named:
            raise ProblemError(
                "not-allowed", f"{self.actor} may do nothing here", remedy="ask an administrator for a grant"
            )
        raise ProblemError(
            "bad-request",
            f"{self.actor} may work in several projects",
            where="X-Cooldown-Project",
            remedy=f"name one of them in that header: {', '.join(sorted(named))}",
        )


def grants_of(groups: list[str], table: Mapping[str, str]) -> dict[str, Role]:
    """What an operator's table (group → ``project:role``) grants to the members of these groups."""
    found: dict[str, Role] = {}
    for group in groups:
        grant = table.get(group)
        if grant is None:
            continue
        project, _, role = grant.rpartition(":")
        if project not in found or RANK[cast(Role, role)] > RANK[found[project]]:
            found[project] = cast(Role, role)
    return found
