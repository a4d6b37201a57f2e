"""What every question to GitHub begins with."""

from __future__ import annotations

from typing import Final

from cooldown_connectors.forge.protocol import Json, Session

LIST: Final = 100
"""Items of a REST page, as many as GitHub gives."""
NODE_PAGE: Final = 100


def repository(session: Session, path: str = "") -> str:
    """A path below the repository's own."""
    return f"/repos/{session.owner}/{session.name}{path}"


def within(session: Session, **variables: Json) -> dict[str, Json]:
    """Variables of a GraphQL document that asks for something of the repository."""
    return {"owner": session.owner, "name": session.name, **variables}


def since_text(session: Session) -> str | None:
    """The time from which on changes are taken, as GitHub writes times."""
    return None if session.since is None else session.since.strftime("%Y-%m-%dT%H:%M:%SZ")
