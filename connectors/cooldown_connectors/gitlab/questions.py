"""How GitLab is asked: paths, the parameters of its lists, and lists that are read whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from cooldown_connectors.forge.protocol import Json, Session
from cooldown_connectors.gitlab.mapping import Place
from cooldown_connectors.http.errors import Answered, NotFound, Refused

UNAUTHORISED: Final = 401
PAGE: Final = 100
"""Items of one answer: the most that GitLab gives."""
REQUESTS: Final[Mapping[str, str | int | bool]] = {"state": "all", "scope": "all"}
ISSUES: Final[Mapping[str, str | int | bool]] = {"state": "all", "scope": "all"}
OPEN_ISSUES: Final[Mapping[str, str | int | bool]] = {**ISSUES, "confidential": False}
RELEASES: Final[Mapping[str, str | int | bool]] = {"order_by": "created_at", "sort": "asc"}


def root(session: Session) -> str:
    """Path of the project: its name, encoded, stands in for its number."""
    return "/projects/" + quote(f"{session.owner}/{session.name}", safe="")


def place_of(session: Session) -> Place:
    """The project as references in texts see it."""
    return Place(session.url, session.owner, session.name)


@dataclass(frozen=True)
class Questions:
    """Lists that are read from their first page to their last."""

    session: Session

    def all(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[Json]:
        """All items. Raises ``NotFound`` and ``Refused``."""
        page, more = 1, True
        while more:
            listed = self.session.numbered(path, params or {}, page, PAGE)
            yield from listed.items
            page, more = page + 1, listed.more

    def all_if_there(self, path: str) -> list[Json]:
        """All items of a list that this GitLab may not have (an older one, another tier, a feature that was switched off)."""
        try:
            return list(self.all(path))
        except (NotFound, Refused) as answer:
            _must_be_ours(answer)
            return []

    def one_if_there(self, path: str) -> Json:
        """One object, ``{}`` where this GitLab has it not."""
        try:
            return self.session.get(path).data or {}
        except (NotFound, Refused) as answer:
            _must_be_ours(answer)
            return {}


def _must_be_ours(answer: Answered) -> None:
    """A token that is not valid any more says nothing of what this GitLab has: raise it."""
    if answer.status == UNAUTHORISED:
        raise answer
