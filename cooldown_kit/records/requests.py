"""Pull (or merge) requests."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from cooldown_kit.records.comments import Comment
from cooldown_kit.records.commits import FileChange, UntouchedFile
from cooldown_kit.records.people import Person
from cooldown_kit.records.reviews import Review, ReviewThread, Round
from cooldown_kit.records.timeline import Link, TimelineEvent


class PullRequestCommit(msgspec.Struct, frozen=True, kw_only=True):
    revision: str
    message: str
    author: Person
    authored_at: datetime


class PullRequest(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="pull_request", omit_defaults=True
):
    """A pull (or merge) request: as far as git itself knows it, and with its whole story where a forge was asked."""

    id: str
    """Stable: ``{repository}#{number}``."""
    take: str
    repository: str
    number: int
    title: str | None
    """From git alone: of the merge or the squashed commit; of one that was not merged the subject of its only commit."""
    description: str
    """From git alone: what the merge or the squashed commit says below its title; empty where nothing."""
    merged: bool
    merged_in: str | None
    """The merge commit, or the commit that it was squashed into."""
    merged_at: datetime | None
    base: str | None
    """The commit that it branched off: ``changes`` are against it. ``None`` where git was not asked, or has not got it."""
    head: str | None
    commits: list[PullRequestCommit]
    """Oldest first."""
    changes: list[FileChange]
    left_out: str | None = None
    """Why ``changes`` are not there, where they are not: ``missing``, ``too_many_files``, ``no_clone``, …"""
    untouched: list[UntouchedFile] = []
    """Some files beside the changed ones, where they were asked for."""
    forge: str = ""
    """The connector of the forge that it was read from; empty where git alone was asked, and all that follows is empty then."""
    url: str | None = None
    author: Person | None = None
    state: Literal["open", "closed", "merged"] | None = None
    draft: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: Person | None = None
    """Who merged or closed it."""
    target: str | None = None
    """Name of the branch that it is to go into."""
    branch: str | None = None
    """Name of its own branch."""
    labels: list[str] = []
    milestone: str | None = None
    linked: list[Link] = []
    timeline: list[TimelineEvent] = []
    """Everything that happened, in order of time; what was said and pushed is named by its id."""
    comments: list[Comment] = []
    """The conversation beside the code, oldest first."""
    reviews: list[Review] = []
    threads: list[ReviewThread] = []
    rounds: list[Round] = []
