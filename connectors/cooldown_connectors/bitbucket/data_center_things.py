"""From the JSON of Bitbucket Data Center to parts: times are milliseconds, commits whole, comments trees."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal

from cooldown_connectors.bitbucket.tracker import tracker_links
from cooldown_connectors.forge.fields import (
    EPOCH,
    at,
    flag,
    integer,
    maybe,
    milliseconds,
    objects,
    strings,
    text,
)
from cooldown_connectors.forge.parts import (
    CommentPart,
    EventPart,
    Part,
    PushPart,
    RequestPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
    request,
)
from cooldown_connectors.forge.protocol import Json
from cooldown_kit.records import Anchor, Comment, EventKind, Person, Review, TimelineEvent

_STATES: Final[dict[str, Literal["open", "closed", "merged"]]] = {
    "OPEN": "open",
    "MERGED": "merged",
    "DECLINED": "closed",
}
_REVIEWS: Final[dict[str, Literal["approved", "changes_requested"]]] = {
    "APPROVED": "approved",
    "REVIEWED": "changes_requested",  # "needs work"
}
_EVENTS: Final[dict[str, EventKind]] = {
    "MERGED": "merged",
    "DECLINED": "closed",
    "REOPENED": "reopened",
    "UNAPPROVED": "review_dismissed",
}
_SIGNS: Final = {"ADDED": "+", "REMOVED": "-", "CONTEXT": " "}


def person(item: Json, *path: str) -> Person | None:
    """Who it is; ``None`` where nothing is said. Accounts of the kind ``SERVICE`` are machines."""
    account = at(item, *path)
    login = text(account, "name") or text(account, "slug")
    if not login:
        return None
    kind = text(account, "type")
    return Person(
        name=text(account, "displayName"),
        email=text(account, "emailAddress"),
        login=login,
        bot=None if not kind else kind == "SERVICE",
    )


def request_parts(item: Json) -> list[Part]:
    """A pull request and the tracker's issues that it names."""
    number = integer(item, "id")
    if number is None:
        return []
    state = _STATES.get(text(item, "state"), "open")
    created = milliseconds(item, "createdDate") or EPOCH
    updated = milliseconds(item, "updatedDate") or created
    closed = None if state == "open" else milliseconds(item, "closedDate") or updated
    title, branch = text(item, "title"), text(item, "fromRef", "displayId")
    part = RequestPart(
        number=number,
        title=title,
        text=text(item, "description"),
        author=person(item, "author", "user"),
        state=state,
        created_at=created,
        updated_at=updated,
        draft=flag(item, "draft") is True,
        closed_at=closed,
        merged_at=closed if state == "merged" else None,
        merged_in=maybe(item, "properties", "mergeCommit", "id") if state == "merged" else None,
        target=maybe(item, "toRef", "displayId"),
        branch=branch or None,
        base=maybe(item, "toRef", "latestCommit"),
        head=maybe(item, "fromRef", "latestCommit"),
        url=next((href for link in objects(item, "links", "self") if (href := maybe(link, "href"))), None),
    )
    return [part, *tracker_links(request(number), title, branch)]


def stamp(item: Json) -> str:
    """What changes when anything about a request changes. A comment or an approval gives it no new version and need not touch its date, so the
    numbers of comments and tasks, and what each reviewer last did, count too."""
    told = [
        at(item, "version"),
        at(item, "updatedDate"),
        at(item, "state"),
        *(at(item, "properties", name) for name in ("commentCount", "openTaskCount", "resolvedTaskCount")),
        sorted(
            [text(one, "user", "name"), text(one, "status"), text(one, "lastReviewedCommit")]
            for field in ("reviewers", "participants")
            for one in objects(item, field)
        ),
    ]
    return hashlib.blake2b(json.dumps(told).encode(), digest_size=12).hexdigest()


def activity_parts(activities: Iterable[dict[str, Any]], of: str) -> list[Part]:
    """Everything of a request's activities, in whatever order they are given."""
    ordered = sorted(activities, key=lambda one: (integer(one, "createdDate") or 0, integer(one, "id") or 0))
    parts: list[Part] = []
    talk: list[dict[str, Any]] = []
    head: str | None = next(
        (maybe(one, "previousFromHash") for one in ordered if text(one, "action") == "RESCOPED"), None
    )
    for item in ordered:
        action, identity = text(item, "action"), integer(item, "id")
        time = milliseconds(item, "createdDate")
        if action == "COMMENTED":
            talk.append(item)
        elif identity is None or time is None:
            continue
        elif action == "RESCOPED":
            push = _push(item, str(identity), time, of)
            head = text(item, "fromHash") or head
            parts += [push] if push is not None else []
        elif action in _REVIEWS:
            parts.append(_review(item, action, str(identity), time, head, of))
        else:
            parts += _events(item, action, str(identity), time, of)
    return [*parts, *comment_parts(talk, of)]


def _push(item: Json, identity: str, time: datetime, of: str) -> PushPart | None:
    """A push to the branch; ``None`` where only the target moved."""
    head, before = text(item, "fromHash"), text(item, "previousFromHash")
    if not head or head == before:
        return None
    added = [commit for one in objects(item, "added", "commits") if (commit := text(one, "id"))]
    return PushPart(
        of=of,
        id=identity,
        head=head,
        at=time,
        before=before or None,
        base=maybe(item, "toHash"),
        pusher=person(item, "user"),
        forced=bool(objects(item, "removed", "commits")),
        commits=added[::-1],  # the newest comes first, and of many only some come
    )


def _review(item: Json, action: str, identity: str, time: datetime, head: str | None, of: str) -> ReviewPart:
    review = Review(
        id=identity, author=person(item, "user"), state=_REVIEWS[action], submitted_at=time, revision=head
    )
    return ReviewPart(of=of, review=review)


def _events(item: Json, action: str, identity: str, time: datetime, of: str) -> list[Part]:
    found: list[tuple[EventKind, str]] = []
    if action in _EVENTS:
        found = [(_EVENTS[action], text(item, "commit", "id") if action == "MERGED" else "")]
    elif action == "UPDATED":
        found = [("review_requested", text(one, "name")) for one in objects(item, "addedReviewers")]
    who = person(item, "user")
    return [
        EventPart(
            of=of,
            id=f"{identity}-{position}" if position else identity,
            event=TimelineEvent(kind=kind, at=time, actor=who, detail=detail),
        )
        for position, (kind, detail) in enumerate(found)
    ]


def comment_parts(activities: Iterable[dict[str, Any]], of: str) -> list[Part]:
    """All comments: the first of each thread brings what answers it. The same thread comes once for every answer to it."""
    parts: list[Part] = []
    seen: set[int] = set()
    answers: list[dict[str, Any]] = []
    for item in activities:
        kind = text(item, "commentAction")
        if kind == "DELETED":
            continue
        if kind == "REPLIED":
            answers.append(item)
        else:
            parts += _tree(item, of, seen)
    for item in answers:  # of a thread whose beginning is not there
        parts += _tree(item, of, seen)
    return parts


def _tree(item: Json, of: str, seen: set[int]) -> list[Part]:
    root = at(item, "comment")
    identity = integer(root, "id")
    if identity is None or identity in seen:
        return []
    anchor = _anchor(at(item, "commentAnchor") or at(root, "anchor"), at(item, "diff"))
    task = text(root, "severity") == "BLOCKER"
    thread = anchor is not None or task
    parts: list[Part] = []
    waiting: list[tuple[Json, str | None]] = [(root, None)]
    while waiting:
        one, parent = waiting.pop(0)
        number = integer(one, "id")
        if number is None or number in seen:
            continue
        seen.add(number)
        said = _comment(one, number, parent)
        if thread:
            parts.append(
                ReviewCommentPart(
                    of=of, comment=said, anchor=anchor if parent is None else None, thread=str(identity)
                )
            )
        else:
            parts.append(CommentPart(of=of, comment=said))
        waiting += [(answer, str(number)) for answer in objects(one, "comments")]
    if thread:
        parts.append(_thread(root, identity, anchor, flag(item, "commentAnchor", "orphaned"), of, task=task))
    return parts


def _comment(item: Json, number: int, parent: str | None) -> Comment:
    created, updated = milliseconds(item, "createdDate") or EPOCH, milliseconds(item, "updatedDate")
    return Comment(
        id=str(number),
        author=person(item, "author"),
        created_at=created,
        text=text(item, "text"),
        edited_at=updated if updated is not None and updated > created else None,
        reply_to=parent,
    )


def _thread(
    root: Json, identity: int, anchor: Anchor | None, orphaned: bool | None, of: str, *, task: bool
) -> ThreadPart:
    """Whether a thread is resolved has been told since 7.9; a task is done where its state says so."""
    done = text(root, "state") == "RESOLVED"
    resolved = flag(root, "threadResolved")
    if task and text(root, "state"):
        resolved = done or resolved is True
    return ThreadPart(
        of=of,
        id=str(identity),
        resolved=resolved,
        resolved_by=person(root, "threadResolver") or person(root, "resolver"),
        outdated=orphaned,
        anchor=anchor,
    )


def _anchor(item: Json, diff: Json) -> Anchor | None:
    path, source = _path(at(item, "path")), _path(at(item, "srcPath"))
    if not path:
        return None
    old = text(item, "fileType") == "FROM" or (
        not text(item, "fileType") and text(item, "lineType") == "REMOVED"
    )
    line = integer(item, "line") or None
    hunk = _hunk(diff, line, old=old)
    return Anchor(
        path=source if old and source else path,
        side="old" if old else "new",
        start_line=integer(item, "multilineMarker", "startLine") or line,
        line=line,
        base=maybe(item, "fromHash"),
        head=maybe(item, "toHash"),
        hunk=hunk,
        hunk_from="forge" if hunk else None,
    )


def _path(value: Json) -> str:
    """A path is a string, or its components."""
    if isinstance(value, str):
        return value
    return "/".join(strings(value, "components")) or text(value, "toString")


def _hunk(diff: Json, line: int | None, *, old: bool) -> str | None:
    """The hunk that holds the line, in the form of a unified diff. The server sends the lines around a comment with it."""
    first, span = ("sourceLine", "sourceSpan") if old else ("destinationLine", "destinationSpan")
    for hunk in objects(diff, "hunks"):
        begin, length = integer(hunk, first), integer(hunk, span)
        if line is None or begin is None or length is None or not begin <= line < begin + length:
            continue
        numbers = [
            integer(hunk, name) or 0
            for name in ("sourceLine", "sourceSpan", "destinationLine", "destinationSpan")
        ]
        lines = [
            _SIGNS.get(text(segment, "type"), " ") + text(one, "line")
            for segment in objects(hunk, "segments")
            for one in objects(segment, "lines")
        ]
        head = f"@@ -{numbers[0]},{numbers[1]} +{numbers[2]},{numbers[3]} @@"
        return "\n".join([head, *lines])
    return None
