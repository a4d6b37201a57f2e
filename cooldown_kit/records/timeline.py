"""What happened to a request or an issue, and what it is linked with."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from cooldown_kit.records.people import Person


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Another issue or request that belongs to one."""

    key: str
    """``{repository}#{number}``, or the key of another tracker: ``PAY-412``."""
    relation: Literal[
        "closes", "closed_by", "mentions", "mentioned_by", "duplicate_of", "parent", "child", "related"
    ]
    kind: Literal["issue", "pull_request", "unknown"] = "unknown"
    title: str | None = None
    text: str | None = None
    """Its description, where this harvest knows it."""
    url: str | None = None


EventKind = Literal[
    "opened",
    "commented",
    "reviewed",
    "thread",
    "pushed",
    "merged",
    "closed",
    "reopened",
    "renamed",
    "labelled",
    "unlabelled",
    "assigned",
    "unassigned",
    "review_requested",
    "review_dismissed",
    "ready_for_review",
    "draft",
    "milestoned",
    "demilestoned",
    "referenced",
    "duplicate",
    "transferred",
    "locked",
    "unlocked",
    "resolved",
    "answered",
    "state",
]


class TimelineEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to a request or an issue. What was said or pushed stands once, elsewhere: ``ref`` names it."""

    kind: EventKind
    at: datetime
    actor: Person | None = None
    ref: str | None = None
    """Id of the comment, review or thread, or the number of the round."""
    detail: str = ""
    """The label, the new title, the person asked, the commit or ``{repository}#{number}`` that refers to it, the new state."""
