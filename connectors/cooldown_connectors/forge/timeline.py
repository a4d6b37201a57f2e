"""Everything that happened to a request or an issue, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from cooldown_connectors.forge.parts import IssuePart, RequestPart
from cooldown_kit.records import Comment, EventKind, Review, ReviewThread, Round, TimelineEvent

_RANK: Final[dict[EventKind, int]] = {"opened": 0, "pushed": 1, "commented": 2, "reviewed": 2, "thread": 3}
_ENDS: Final = ("merged", "closed")
_LAST: Final = 9


def request_timeline(
    request: RequestPart,
    events: Sequence[TimelineEvent],
    comments: Iterable[Comment],
    reviews: Iterable[Review],
    threads: Iterable[ReviewThread],
    rounds: Sequence[Round],
) -> list[TimelineEvent]:
    """By time; of one instant what was pushed before what was said of it. The first round is the opening itself."""
    found = [TimelineEvent(kind="opened", at=request.created_at, actor=request.author), *events]
    found += _said(comments)
    found += [
        TimelineEvent(kind="reviewed", at=one.submitted_at, actor=one.author, ref=one.id, detail=one.state)
        for one in reviews
    ]
    found += [
        TimelineEvent(kind="thread", at=one.comments[0].created_at, actor=one.comments[0].author, ref=one.id)
        for one in threads
    ]
    found += _pushed(request.created_at, rounds)
    found += _ended(request, events)
    return sorted(found, key=_order)


def issue_timeline(
    issue: IssuePart, events: Sequence[TimelineEvent], comments: Iterable[Comment]
) -> list[TimelineEvent]:
    """By time."""
    found = [TimelineEvent(kind="opened", at=issue.created_at, actor=issue.author), *events, *_said(comments)]
    if issue.closed_at is not None and issue.state == "closed" and not _has(events, "closed"):
        found.append(
            TimelineEvent(kind="closed", at=issue.closed_at, actor=issue.closed_by, detail=issue.reason or "")
        )
    return sorted(found, key=_order)


def last_to_close(events: Sequence[TimelineEvent]) -> TimelineEvent | None:
    """The event that closed it for good, of events in any order."""
    return max((event for event in events if event.kind in _ENDS), key=lambda event: event.at, default=None)


def _said(comments: Iterable[Comment]) -> Iterator[TimelineEvent]:
    for comment in comments:
        yield TimelineEvent(kind="commented", at=comment.created_at, actor=comment.author, ref=comment.id)


def _pushed(opened: datetime, rounds: Sequence[Round]) -> Iterator[TimelineEvent]:
    """A round without a time follows the one before; none comes before the request was opened."""
    at = opened
    for one in rounds[1:]:
        at = max(at, one.pushed_at or at)
        detail = "forced" if one.forced else ""
        yield TimelineEvent(kind="pushed", at=at, actor=one.pusher, ref=str(one.number), detail=detail)


def _ended(request: RequestPart, events: Sequence[TimelineEvent]) -> Iterator[TimelineEvent]:
    """What the forge says of the end, where its events do not."""
    if request.state == "merged" and request.merged_at is not None and not _has(events, "merged"):
        yield TimelineEvent(
            kind="merged", at=request.merged_at, actor=request.closed_by, detail=request.merged_in or ""
        )
    elif request.state == "closed" and request.closed_at is not None and not _has(events, "closed"):
        yield TimelineEvent(kind="closed", at=request.closed_at, actor=request.closed_by)


def _has(events: Iterable[TimelineEvent], kind: EventKind) -> bool:
    return any(event.kind == kind for event in events)


def _order(event: TimelineEvent) -> tuple[float, int, int, str]:
    ref = event.ref or ""
    rank = _LAST if event.kind in _ENDS else _RANK.get(event.kind, _LAST - 1)
    return event.at.timestamp(), rank, len(ref), ref
