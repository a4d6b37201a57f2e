"""Issues and discussions of a forge."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from cooldown_kit.records.comments import Comment
from cooldown_kit.records.people import Person
from cooldown_kit.records.timeline import Link, TimelineEvent


class Issue(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="issue", omit_defaults=True):
    """A question, a bug, a wish: an issue of a forge, or a work item of a tracker."""

    id: str
    """Stable: ``{repository}/issues/{number}``: some forges count issues and requests apart."""
    take: str
    forge: str
    repository: str
    number: int
    title: str
    text: str
    author: Person | None
    state: Literal["open", "closed"]
    created_at: datetime
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: Person | None = None
    reason: str | None = None
    """Why it was closed, as the platform says it: ``completed``, ``not_planned``, ``duplicate``, ``wontfix``."""
    type: str | None = None
    """``bug``, ``story`` and so on, where the platform has types."""
    labels: list[str] = []
    milestone: str | None = None
    comments: list[Comment] = []
    timeline: list[TimelineEvent] = []
    linked: list[Link] = []
    url: str | None = None


class Discussion(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="discussion", omit_defaults=True
):
    """A discussion of a forge: a text, comments on it, replies to comments; perhaps one comment is the answer."""

    id: str
    """Stable: ``{repository}/discussions/{number}``."""
    take: str
    forge: str
    repository: str
    number: int
    title: str
    text: str
    author: Person | None
    category: str
    created_at: datetime
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    reason: str | None = None
    score: int | None = None
    labels: list[str] = []
    comments: list[Comment] = []
    """Oldest first; replies name their comment in ``reply_to``."""
    url: str | None = None
