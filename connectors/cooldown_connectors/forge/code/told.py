"""What a forge told of a request, and what git knows of it: the door between putting records together and reading code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cooldown_connectors.forge.parts import (
    PushPart,
    RequestPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
)
from cooldown_kit.records import Anchor, Answer, FileChange, PullRequestCommit, Round, UntouchedFile

Unanswered = Literal["no_later_push", "untouched", "no_lines", "commit_missing", "left_out"]


@dataclass(frozen=True)
class ToldThread:
    """A review thread: its comments, oldest first."""

    id: str
    comments: Sequence[ReviewCommentPart] = ()
    part: ThreadPart | None = None

    @property
    def anchor(self) -> Anchor | None:
        """The thread's own where the forge gives one, else that of the first comment that has one."""
        if self.part is not None and self.part.anchor is not None:
            return self.part.anchor
        return next((comment.anchor for comment in self.comments if comment.anchor is not None), None)

    @property
    def at(self) -> datetime | None:
        """When it was begun."""
        return min((comment.comment.created_at for comment in self.comments), default=None)


@dataclass(frozen=True)
class Told:
    """A request with everything of it that bears on its code."""

    request: RequestPart
    pushes: Sequence[PushPart] = ()
    reviews: Sequence[ReviewPart] = ()
    threads: Sequence[ToldThread] = ()
    moments: Sequence[datetime] = ()
    """When somebody said something beside reviews: it sets commits apart that a forge lists without their pushes."""


@dataclass(frozen=True)
class KnownThread:
    """What code a thread speaks of, and what answered it."""

    anchor: Anchor | None = None
    answer: Answer | None = None
    unanswered: Unanswered | None = None
    criticised: str | None = None
    accepted: str | None = None
    accepted_path: str | None = None


@dataclass(frozen=True)
class Known:
    """What git knows of a request. All lists are empty where it knows nothing; ``left_out`` says why then."""

    number: int
    base: str | None
    head: str | None
    merged_in: str | None
    """As the forge says it, but whole where it was abbreviated."""
    commits: list[PullRequestCommit] = field(default_factory=list)
    changes: list[FileChange] = field(default_factory=list)
    left_out: str | None = None
    untouched: list[UntouchedFile] = field(default_factory=list)
    rounds: list[Round] = field(default_factory=list)
    threads: Mapping[str, KnownThread] = field(default_factory=dict)
    """By the thread's id; every thread that was told has one."""
    reviewed_rounds: Mapping[str, int] = field(default_factory=dict)
    """Id of a review → number of the round that was reviewed."""
