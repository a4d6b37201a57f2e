"""What became of a thing that is in no list of its forge any more."""

from __future__ import annotations

from cooldown_connectors.forge.protocol import Gone, Session
from cooldown_connectors.http.errors import NotFound


def deleted_if_missing(session: Session, path: str, kind: str, key: str) -> Gone | None:
    """Deleted where the forge answers that there is nothing at ``path``; ``None`` where it is still there."""
    try:
        session.get(path)
    except NotFound:
        return Gone(kind, key, "deleted")
    return None
