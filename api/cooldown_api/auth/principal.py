"""The caller of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cooldown_kit.client.wire import Role

RANK: Final[dict[Role, int]] = {"viewer": 0, "editor": 1, "admin": 2}


@dataclass(frozen=True)
class Principal:
    """Somebody who acts in one project."""

    actor: str
    """`key:ID`, `user:SUBJECT`, or `local`."""
    project: str
    role: Role
    platform: bool = False
    """Whether they may also do what concerns all projects: make projects, set quotas, see machines."""
    everywhere: bool = False
    """Whether they have a role, of whatever kind, in all projects: enough to see what the whole service does."""

    def may(self, role: Role) -> bool:
        """Whether they hold at least this role."""
        return RANK[self.role] >= RANK[role]
