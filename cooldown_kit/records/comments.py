"""Comments: what somebody wrote in a conversation of any kind."""

from __future__ import annotations

from datetime import datetime

import msgspec

from cooldown_kit.records.people import Person


class Comment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that somebody wrote in a conversation, as Markdown unless the source says otherwise."""

    id: str
    """Unique within its thread, request or issue, and stable over harvests."""
    author: Person | None
    """``None`` for an account that was deleted, or is not known."""
    created_at: datetime
    text: str
    edited_at: datetime | None = None
    reply_to: str | None = None
    """Id of the comment that it answers."""
    score: int | None = None
    """Votes, or reactions that approve less those that do not; ``None`` where the platform has none."""
    accepted: bool = False
    """Marked as the answer."""
    hidden: str | None = None
    """Why the forge shows it folded: ``outdated``, ``spam``, ``off_topic``, ``resolved``, ``duplicate``, ``abuse``."""
    url: str | None = None
