"""Parts: what one answer of a forge says, in words that all forges share. A forge's file turns its JSON into these.

A record is put together from many answers (a list of requests, another one of comments, a query for threads), which come
days apart. So the answers are kept as parts in a store on disk, each under its kind and key, newer ones in place of older ones; records
are made of what the store holds (:mod:`~cooldown_connectors.forge.assemble`).

``of`` names what a part belongs to: ``request:12``, ``issue:12``, ``discussion:3``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from cooldown_kit.records import Anchor, Comment, Link, Person, Review, TimelineEvent


def request(number: int) -> str:
    """``of`` of a pull (or merge) request."""
    return f"request:{number}"


def issue(number: int) -> str:
    """``of`` of an issue."""
    return f"issue:{number}"


def discussion(number: int) -> str:
    """``of`` of a discussion."""
    return f"discussion:{number}"


class _Part(msgspec.Struct, frozen=True, kw_only=True, tag_field="part", omit_defaults=True):
    @property
    def kind(self) -> str:
        """Which kind of part: the tag, ``request_comment`` and so on."""
        return str(self.__struct_config__.tag)


class RequestPart(_Part, frozen=True, kw_only=True, tag="request", omit_defaults=True):
    """A pull request by itself: what a list of requests says of it."""

    number: int
    title: str
    text: str
    author: Person | None
    state: Literal["open", "closed", "merged"]
    created_at: datetime
    updated_at: datetime
    draft: bool = False
    closed_at: datetime | None = None
    closed_by: Person | None = None
    merged_at: datetime | None = None
    merged_in: str | None = None
    """The merge commit, or the commit that it was squashed into; never a trial merge of an open request."""
    target: str | None = None
    branch: str | None = None
    base: str | None = None
    """A commit of the target branch as the forge names it: its tip, or where the request branches off."""
    head: str | None = None
    labels: list[str] = []
    milestone: str | None = None
    url: str | None = None

    @property
    def key(self) -> str:
        return str(self.number)

    @property
    def of(self) -> str:
        return ""


class IssuePart(_Part, frozen=True, kw_only=True, tag="issue", omit_defaults=True):
    number: int
    title: str
    text: str
    author: Person | None
    state: Literal["open", "closed"]
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    closed_by: Person | None = None
    reason: str | None = None
    type: str | None = None
    labels: list[str] = []
    milestone: str | None = None
    url: str | None = None

    @property
    def key(self) -> str:
        return str(self.number)

    @property
    def of(self) -> str:
        return ""


class DiscussionPart(_Part, frozen=True, kw_only=True, tag="discussion", omit_defaults=True):
    number: int
    title: str
    text: str
    author: Person | None
    category: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    reason: str | None = None
    score: int | None = None
    labels: list[str] = []
    url: str | None = None

    @property
    def key(self) -> str:
        return str(self.number)

    @property
    def of(self) -> str:
        return ""


class ReleasePart(_Part, frozen=True, kw_only=True, tag="release", omit_defaults=True):
    id: str
    tag: str
    name: str | None
    text: str
    author: Person | None
    published_at: datetime
    revision: str | None = None
    """The commit, where the forge names one (not a branch)."""
    prerelease: bool = False
    url: str | None = None

    @property
    def key(self) -> str:
        return self.id

    @property
    def of(self) -> str:
        return ""


class CommentPart(_Part, frozen=True, kw_only=True, tag="comment", omit_defaults=True):
    """A comment in the conversation of a request, an issue or a discussion; on no line of code."""

    of: str
    comment: Comment

    @property
    def key(self) -> str:
        return self.comment.id


class ReviewPart(_Part, frozen=True, kw_only=True, tag="review", omit_defaults=True):
    of: str
    review: Review

    @property
    def key(self) -> str:
        return self.review.id


class ReviewCommentPart(_Part, frozen=True, kw_only=True, tag="review_comment", omit_defaults=True):
    """A comment of a review: on lines, on a file, or as part of a thread about the request as a whole."""

    of: str
    comment: Comment
    anchor: Anchor | None = None
    """As the forge has it: path, side, lines, commits as they were when it was written, its own hunk. ``None`` for replies where the
    forge gives it to the first comment only."""
    thread: str | None = None
    """Id of its thread, where the forge has threads; else ``comment.reply_to`` leads to the first."""
    review: str | None = None

    @property
    def key(self) -> str:
        return self.comment.id


class ThreadPart(_Part, frozen=True, kw_only=True, tag="thread", omit_defaults=True):
    """What is known of a review thread beside its comments."""

    of: str
    id: str
    comments: list[str] = []
    """Ids of its comments, where comments do not name their thread themselves."""
    resolved: bool | None = None
    resolved_by: Person | None = None
    outdated: bool | None = None
    anchor: Anchor | None = None
    """Where the forge gives it to the thread, or a better one than to the comments."""

    @property
    def key(self) -> str:
        return self.id


class PushPart(_Part, frozen=True, kw_only=True, tag="push", omit_defaults=True):
    """A push to the branch of a request."""

    of: str
    id: str
    head: str
    at: datetime | None = None
    before: str | None = None
    """The head that it replaced, where the forge says so."""
    base: str | None = None
    """The target's commit at that time, where the forge says so."""
    pusher: Person | None = None
    forced: bool = False
    commits: list[str] = []
    """Commits that came with it, oldest first, where the forge names them."""
    by_commit: bool = False
    """The forge names commits, not pushes: this is one of them (or a list of them), and ``at`` its own time. Neighbours are
    grouped into rounds by what reviewers saw."""

    @property
    def key(self) -> str:
        return self.id


class EventPart(_Part, frozen=True, kw_only=True, tag="event", omit_defaults=True):
    """Anything else of a timeline. Comments, reviews, threads and pushes have parts of their own and need none of these."""

    of: str
    id: str
    event: TimelineEvent

    @property
    def key(self) -> str:
        return self.id


class LinkPart(_Part, frozen=True, kw_only=True, tag="link", omit_defaults=True):
    of: str
    link: Link

    @property
    def key(self) -> str:
        return f"{self.of}>{self.link.relation}>{self.link.key}"


Part = (
    RequestPart
    | IssuePart
    | DiscussionPart
    | ReleasePart
    | CommentPart
    | ReviewPart
    | ReviewCommentPart
    | ThreadPart
    | PushPart
    | EventPart
    | LinkPart
)
