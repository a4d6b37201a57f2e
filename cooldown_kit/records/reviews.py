"""Reviews of code: pushes, comments on lines, and the pushes that answer them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from cooldown_kit.records.comments import Comment
from cooldown_kit.records.commits import FileChange
from cooldown_kit.records.people import Person


class Anchor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a review comment speaks of: lines of a file on one side of a diff, as they were when it was written.

    Line numbers are from 1. They never change afterwards: where the lines stand now, ``now_*`` says.
    """

    path: str
    """The file on the side that is commented on."""
    side: Literal["old", "new"] = "new"
    """``old``: the file before the request (a removed line, or context); ``new``: after it."""
    start_line: int | None = None
    """First line; the same as ``line`` where one line is meant."""
    line: int | None = None
    """Last line; ``None`` where the comment speaks of the whole file."""
    base: str | None = None
    """The commit that the diff was against."""
    head: str | None = None
    """The commit that was commented on."""
    round: int | None = None
    """Number of the :class:`Round` whose head that is; ``None`` where it is not known."""
    hunk: str | None = None
    """The hunk of the diff that holds the lines, with its ``@@`` line; it may be cut before lines that follow them."""
    hunk_from: Literal["git", "forge"] | None = None
    now_path: str | None = None
    """Where the lines stand at the request's last head; ``None`` where they are gone, or not known."""
    now_start_line: int | None = None
    now_line: int | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first push after a review comment that touches what it speaks of."""

    round: int
    revision: str
    """Head of that push."""
    pushed_at: datetime | None = None
    """When; ``None`` where the forge does not say. What was written later is no part of the question."""
    how: Literal["changed", "beside", "deleted"]
    """``changed``: some of the lines; ``beside``: lines were put in next to them; ``deleted``: the whole file went."""
    start_line: int
    """The lines that the comment speaks of, in the file as it was just before that push."""
    line: int
    change: FileChange
    """What that push did to the file, against the push before; ``before`` where contents were asked for."""


class ReviewThread(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Comments of a review on one place, oldest first."""

    id: str
    comments: list[Comment]
    anchor: Anchor | None = None
    """``None`` where it speaks of the request as a whole."""
    review: str | None = None
    """Id of the :class:`Review` that its first comment came with."""
    resolved: bool | None = None
    """``None`` where the forge does not say."""
    resolved_by: Person | None = None
    outdated: bool | None = None
    """Whether the forge says that the lines have changed since."""
    answer: Answer | None = None
    unanswered: Literal["no_later_push", "untouched", "no_lines", "commit_missing", "left_out"] | None = None
    """Why there is no answer: nothing was pushed afterwards; later pushes leave the lines as they were; the comment speaks of no
    lines; git has not got the commits (any more); the file's diff is left out (too large, no text, excluded)."""


class Review(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    author: Person | None
    state: Literal["approved", "changes_requested", "commented", "dismissed"]
    submitted_at: datetime
    text: str = ""
    revision: str | None = None
    """The head that was reviewed."""
    round: int | None = None
    url: str | None = None


class Round(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One push to a request's branch: the state that reviewers saw until the next."""

    number: int
    """From 1, oldest first."""
    head: str
    base: str | None = None
    """Where it branches off the target; ``None`` where git has not got it."""
    pushed_at: datetime | None = None
    """``None`` where the forge does not say."""
    pusher: Person | None = None
    forced: bool = False
    """It replaced commits of the round before (an amended or rebased branch) instead of adding to them."""
    commits: list[str] = []
    """Commits that came with it, oldest first."""
    changes: list[FileChange] = []
    """What it changes against the round before, without what a rebase brought in from the target; of the first round, where there are
    more, against ``base``. Empty where there is one round only: that is the request's ``changes``."""
    left_out: str | None = None
    """Why ``changes`` are not there: ``missing`` (a commit that nobody has any more), ``too_many_files``, ``too_large``, …"""


class CodeReview(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="review", omit_defaults=True
):
    """One thread of a review with the code that it speaks of, and the code that answered it."""

    id: str
    """Stable: ``{repository}#{number}/{thread}``."""
    take: str
    forge: str
    repository: str
    number: int
    """Of the request."""
    title: str
    description: str
    request_author: Person | None
    merged: bool
    state: Literal["open", "closed", "merged"]
    closed_at: datetime | None
    thread: ReviewThread
    criticised: str | None = None
    """The whole file that was commented on, where the versions were asked for."""
    accepted: str | None = None
    """The same file as it was merged; ``None`` where the request was not merged, or the file went."""
    accepted_path: str | None = None
    url: str | None = None
