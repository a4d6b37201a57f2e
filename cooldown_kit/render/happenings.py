"""What happened to a request after it was opened, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from cooldown_kit.records import (
    Comment,
    FileChange,
    Person,
    PullRequest,
    PullRequestCommit,
    Review,
    ReviewThread,
    TimelineEvent,
)


class Pushed(NamedTuple):
    """A push and the diff that it made. The first one is what the request was opened with."""

    number: int
    who: Person | None
    changes: list[FileChange]
    left_out: str | None
    forced: bool
    subjects: list[str]


class Said(NamedTuple):
    comment: Comment


class Reviewed(NamedTuple):
    review: Review


class OnCode(NamedTuple):
    """A comment of a review on a place in the code."""

    thread: ReviewThread
    comment: Comment
    first: bool


class Happened(NamedTuple):
    """Something else: ``merged``, ``closed``, ``reopened``, ``renamed``, ``resolved`` (of ``thread``) and so on."""

    event: TimelineEvent
    thread: ReviewThread | None = None


Happening = Pushed | Said | Reviewed | OnCode | Happened

TOLD = frozenset(
    {"merged", "closed", "reopened", "renamed", "ready_for_review", "draft", "review_dismissed", "resolved"}
)
"""Events of a timeline that are part of the story. Labels, assignments and references are not."""
_ORDER = (Pushed, Reviewed, OnCode, Said, Happened)
_MOMENT = timedelta(microseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC)


def happenings(record: PullRequest) -> list[Happening]:
    """All pushes (the first one at the beginning), comments, reviews and told events, by time; at one time pushes come first."""
    dated: list[tuple[datetime, int, int, Happening]] = []
    for number, (at, happening) in enumerate(_all(record)):
        dated.append((at, _ORDER.index(type(happening)), number, happening))
    dated.sort(key=lambda item: item[:3])
    return [*_opened_with(record), *(happening for *_, happening in dated)]


def _all(record: PullRequest) -> Iterator[tuple[datetime, Happening]]:
    yield from _later_pushes(record)
    yield from ((comment.created_at, Said(comment)) for comment in record.comments)
    submitted = {review.id: review.submitted_at for review in record.reviews}
    yield from ((review.submitted_at, Reviewed(review)) for review in record.reviews)
    for thread in record.threads:
        for number, comment in enumerate(thread.comments):
            # A comment of a review is written before the review is submitted, and seen with it.
            begun = submitted.get(thread.review or "") if number == 0 else None
            yield max(comment.created_at, begun or comment.created_at), OnCode(thread, comment, number == 0)
    threads = {thread.id: thread for thread in record.threads}
    for event in record.timeline:
        if event.kind == "resolved":
            if event.ref in threads:
                yield event.at, Happened(event, threads[event.ref])
        elif event.kind in TOLD and not (event.kind == "closed" and record.merged):
            yield event.at, Happened(event)
    yield from _ending(record)


def _opened_with(record: PullRequest) -> list[Happening]:
    """The diff as the first reviewers saw it: of the first push where there are more, else of the whole request."""
    rounds = record.rounds
    if len(rounds) > 1:
        first = rounds[0]
        changes, left_out = first.changes, first.left_out
        known = {commit.revision: commit for commit in record.commits}
        subjects = _subjects(known[name] for name in first.commits if name in known)
    else:
        changes, left_out = record.changes, record.left_out
        subjects = _subjects(record.commits)
    if not changes and left_out is None:
        return []
    return [
        Pushed(1, record.author, changes, left_out, False, subjects if subjects != [record.title] else [])
    ]


def _later_pushes(record: PullRequest) -> Iterator[tuple[datetime, Happening]]:
    """The pushes after the first, each with a time: the forge's, else that of the first review of it or of its newest commit."""
    known = {commit.revision: commit for commit in record.commits}
    seen = _first_seen(record)
    said = {event.ref: event.at for event in record.timeline if event.kind == "pushed"}
    after = record.created_at
    for one in record.rounds[1:]:
        commits = [known[revision] for revision in one.commits if revision in known]
        written = max((commit.authored_at for commit in commits), default=None)
        looked_at = seen.get(one.number)
        at = (
            one.pushed_at
            or said.get(str(one.number))
            or (looked_at - _MOMENT if looked_at else None)
            or written
            or after
        )
        if at is None:  # neither the forge nor git says when anything was
            at = min((comment.created_at for comment in record.comments), default=_LAST)
        after = max(at, after) if after is not None else at
        subjects = _subjects(commits)
        yield (
            after,
            Pushed(one.number, one.pusher or record.author, one.changes, one.left_out, one.forced, subjects),
        )


def _first_seen(record: PullRequest) -> dict[int, datetime]:
    """Number of a push → when the first review of it, or comment on it, was written."""
    found: dict[int, datetime] = {}
    looks = [(review.round, review.submitted_at) for review in record.reviews]
    looks += [
        (thread.anchor.round, thread.comments[0].created_at)
        for thread in record.threads
        if thread.anchor and thread.comments
    ]
    for number, at in looks:
        if number is not None:
            found[number] = min(at, found.get(number, at))
    return found


def _subjects(commits: Iterable[PullRequestCommit]) -> list[str]:
    subjects = (commit.message.strip().partition("\n")[0] for commit in commits)
    return [subject for subject in subjects if subject]


def _ending(record: PullRequest) -> Iterator[tuple[datetime, Happening]]:
    """How it ended, where the timeline does not say so."""
    kind: Literal["merged", "closed"] = "merged" if record.merged else "closed"
    told = any(event.kind == kind for event in record.timeline)
    if not told and (record.merged or record.state == "closed"):
        at = record.merged_at or record.closed_at or _LAST
        yield at, Happened(TimelineEvent(kind=kind, at=at, actor=record.closed_by))
