"""From the JSON of Bitbucket Cloud to parts. Commits have 12 digits in it; git knows the whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from cooldown_connectors.bitbucket.tracker import tracker_links
from cooldown_connectors.forge.fields import EPOCH, at, flag, integer, maybe, moment, objects, text
from cooldown_connectors.forge.parts import (
    CommentPart,
    EventPart,
    IssuePart,
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
    "SUPERSEDED": "closed",
}
_ENDED: Final[dict[str, EventKind]] = {
    "OPEN": "reopened",
    "MERGED": "merged",
    "DECLINED": "closed",
    "SUPERSEDED": "closed",
}
_OPEN_ISSUES: Final = frozenset({"submitted", "new", "open", "on hold"})
_GAINED_AND_LOST: Final[tuple[tuple[str, EventKind, EventKind], ...]] = (
    ("milestone", "milestoned", "demilestoned"),
    ("assignee", "assigned", "unassigned"),
    ("component", "labelled", "unlabelled"),
)
_MACHINES: Final = frozenset({"app_user", "team"})
_DIFFED = re.compile(r":([0-9a-f]{7,40})(?:\.\.|%0[dD]|\r)([0-9a-f]{7,40})(?:[?#]|$)")


def person(item: Json, *path: str) -> Person | None:
    """Who it is; ``None`` for a deleted account. Apps and workspaces that act by themselves are machines."""
    account = at(item, *path)
    login = text(account, "nickname") or text(account, "username") or text(account, "account_id")
    name = text(account, "display_name")
    if not login and not name:
        return None
    return Person(name=name, email="", login=login, bot=text(account, "type") in _MACHINES)


def request_parts(item: Json) -> list[Part]:
    """A pull request and the tracker's issues that it names."""
    number = integer(item, "id")
    if number is None:
        return []
    state = _STATES.get(text(item, "state"), "open")
    created = moment(item, "created_on") or EPOCH
    updated = moment(item, "updated_on") or created
    closed = None if state == "open" else updated  # the forge has no time of closing; the events have
    title, branch = text(item, "title"), text(item, "source", "branch", "name")
    part = RequestPart(
        number=number,
        title=title,
        text=text(item, "summary", "raw") or text(item, "description"),
        author=person(item, "author"),
        state=state,
        created_at=created,
        updated_at=updated,
        draft=flag(item, "draft") is True,
        closed_at=closed,
        closed_by=person(item, "closed_by"),
        merged_at=closed if state == "merged" else None,
        merged_in=maybe(item, "merge_commit", "hash") if state == "merged" else None,
        target=maybe(item, "destination", "branch", "name"),
        branch=branch or None,
        base=maybe(item, "destination", "commit", "hash"),
        head=maybe(item, "source", "commit", "hash"),
        url=maybe(item, "links", "html", "href"),
    )
    return [part, *tracker_links(request(number), title, branch)]


def issue_part(item: Json) -> IssuePart | None:
    """An issue of the tracker that a repository may have."""
    number = integer(item, "id")
    if number is None:
        return None
    created, state = moment(item, "created_on") or EPOCH, text(item, "state")
    updated = moment(item, "updated_on") or created
    still_open = state in _OPEN_ISSUES
    component = maybe(item, "component", "name")
    return IssuePart(
        number=number,
        title=text(item, "title"),
        text=text(item, "content", "raw"),
        author=person(item, "reporter"),
        state="open" if still_open else "closed",
        created_at=created,
        updated_at=updated,
        closed_at=None if still_open else updated,  # the forge has no time of closing; the events have
        reason=None if still_open else state or None,
        type=maybe(item, "kind"),
        labels=[component] if component else [],
        milestone=maybe(item, "milestone", "name"),
        url=maybe(item, "links", "html", "href"),
    )


def comment(item: Json) -> Comment | None:
    """A comment as it was typed; ``None`` for one that is deleted, or that its author has not published."""
    identity = integer(item, "id")
    if identity is None or flag(item, "deleted") or flag(item, "pending"):
        return None
    created, updated = moment(item, "created_on") or EPOCH, moment(item, "updated_on")
    parent = integer(item, "parent", "id")
    # both times are taken one after the other when a comment is made: only a second between them is an edit
    edited = updated if updated is not None and (updated - created).total_seconds() >= 1 else None
    return Comment(
        id=str(identity),
        author=person(item, "user"),
        created_at=created,
        text=text(item, "content", "raw"),
        edited_at=edited,
        reply_to=None if parent is None else str(parent),
        url=maybe(item, "links", "html", "href"),
    )


def comment_parts(items: Iterable[dict[str, Any]], of: str) -> list[Part]:
    """All comments of a request: those in its conversation, and those on code with their threads.

    A thread is a comment on code with all that answers it, at any depth; one that begins with a deleted comment keeps its place.
    """
    known = {number: item for item in items if (number := integer(item, "id")) is not None}
    parts: list[Part] = []
    threads: dict[int, Json] = {}
    for number in sorted(known):
        said, root = comment(known[number]), _root(number, known)
        if said is None:
            continue
        if at(known[root], "inline") is None:
            parts.append(CommentPart(of=of, comment=said))
            continue
        threads[root] = known[root]
        parts.append(ReviewCommentPart(of=of, comment=said, anchor=_anchor(known[number]), thread=str(root)))
    return [*parts, *(_thread(root, item, of) for root, item in threads.items())]


def _root(number: int, known: Mapping[int, Json]) -> int:
    seen = {number}
    while (parent := integer(known[number], "parent", "id")) is not None:
        if parent not in known or parent in seen:
            break
        number = parent
        seen.add(number)
    return number


def _thread(root: int, item: Json, of: str) -> ThreadPart:
    told = isinstance(item, Mapping) and "resolution" in item
    resolution = at(item, "resolution")
    return ThreadPart(
        of=of,
        id=str(root),
        resolved=(resolution is not None) if told else None,
        resolved_by=person(resolution, "user"),
        outdated=flag(item, "inline", "outdated"),
        anchor=_anchor(item),
    )


def _anchor(item: Json) -> Anchor | None:
    """``to`` is a line of the new file, ``from`` one of the old; where both are named the line is unchanged. The link to the code names the commits."""
    path = text(item, "inline", "path")
    if not path:
        return None
    new, old = integer(item, "inline", "to"), integer(item, "inline", "from")
    line = new if new is not None else old
    start = integer(item, "inline", "start_to" if new is not None else "start_from")
    diffed = _DIFFED.search(text(item, "links", "code", "href"))
    hunk = text(item, "inline", "context_lines")
    shown = hunk if hunk.startswith("@@") else None
    return Anchor(
        path=path,
        side="old" if new is None and old is not None else "new",
        start_line=start if start is not None else line,
        line=line,
        base=diffed[2] if diffed else maybe(item, "inline", "base_rev"),
        head=diffed[1] if diffed else maybe(item, "inline", "src_rev"),
        hunk=shown,
        hunk_from="forge" if shown else None,
    )


def activity_parts(entries: Iterable[dict[str, Any]], of: str) -> list[Part]:
    """Pushes, reviews and events of a request. Its comments are in the same list, but with less about them: they are read by themselves.

    An ``update`` is a picture of the request after a change; what changed is what differs from the picture before.
    """
    parts: list[Part] = []
    updates: list[tuple[datetime, Json]] = []
    for entry in entries:
        if (update := at(entry, "update")) is not None:
            updates.append((moment(update, "date") or EPOCH, update))
        for field, state in (("approval", "approved"), ("changes_requested", "changes_requested")):
            if (said := at(entry, field)) is not None:
                parts.append(_review(said, state, of))
    updates.sort(key=lambda one: one[0])
    before: Json = None
    for time, update in updates:
        parts += _update_parts(update, before, time, of)
        before = update
    return parts


def _review(item: Json, state: str, of: str) -> ReviewPart:
    time = moment(item, "date") or EPOCH
    who = text(item, "user", "uuid") or text(item, "user", "account_id")
    return ReviewPart(
        of=of,
        review=Review(
            id=f"{state}-{who}-{_stamp(time)}",
            author=person(item, "user"),
            state="approved" if state == "approved" else "changes_requested",
            submitted_at=time,
        ),
    )


def _stamp(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%S.%f")


def _update_parts(update: Json, before: Json, time: datetime, of: str) -> list[Part]:
    who, parts = person(update, "author"), list[Part]()
    head, earlier = text(update, "source", "commit", "hash"), text(before, "source", "commit", "hash")
    if head and head != earlier:
        parts.append(
            PushPart(
                of=of,
                id=_stamp(time),
                head=head,
                at=time,
                before=earlier or None,
                base=maybe(update, "destination", "commit", "hash"),
                pusher=who,
            )
        )
    if before is None:
        return parts
    found: list[tuple[EventKind, str]] = []
    state = text(update, "state")
    if state != text(before, "state") and state in _ENDED:
        found.append((_ENDED[state], text(update, "reason")))
    if (title := text(update, "title")) != text(before, "title"):
        found.append(("renamed", title))
    target = text(update, "destination", "branch", "name")
    if target != text(before, "destination", "branch", "name"):
        found.append(("state", f"target {target}"))
    draft = flag(update, "draft")
    if draft is not None and draft != flag(before, "draft"):
        found.append(("draft" if draft else "ready_for_review", ""))
    asked = {text(one, "uuid") for one in objects(before, "reviewers")}
    new = [one for one in objects(update, "reviewers") if text(one, "uuid") not in asked]
    found += [("review_requested", text(one, "nickname") or text(one, "display_name")) for one in new]
    return [*parts, *_events(found, time, who, of)]


def _events(
    found: list[tuple[EventKind, str]], time: datetime, who: Person | None, of: str
) -> list[EventPart]:
    return [
        EventPart(
            of=of,
            id=f"{_stamp(time)}-{position}",
            event=TimelineEvent(kind=kind, at=time, actor=who, detail=detail),
        )
        for position, (kind, detail) in enumerate(found)
    ]


def change_parts(items: Iterable[dict[str, Any]], of: str) -> list[Part]:
    """What was done to an issue beside speaking of it."""
    parts: list[Part] = []
    for item in items:
        time, identity = moment(item, "created_on"), integer(item, "id")
        if time is None or identity is None:
            continue
        found = _issue_changes(at(item, "changes"))
        who = person(item, "user")
        parts += [
            EventPart(
                of=of,
                id=f"{identity}-{position}",
                event=TimelineEvent(kind=kind, at=time, actor=who, detail=detail),
            )
            for position, (kind, detail) in enumerate(found)
        ]
    return parts


def _issue_changes(changes: Json) -> list[tuple[EventKind, str]]:
    found: list[tuple[EventKind, str]] = []
    if state := text(changes, "state", "new"):
        was_open, is_open = text(changes, "state", "old") in _OPEN_ISSUES, state in _OPEN_ISSUES
        kind: EventKind = "state" if was_open == is_open else "reopened" if is_open else "closed"
        found.append((kind, state))
    if title := text(changes, "title", "new"):
        found.append(("renamed", title))
    for field, gained, lost in _GAINED_AND_LOST:
        new, old = text(changes, field, "new"), text(changes, field, "old")
        if new or old:
            found.append((gained, new) if new else (lost, old))
    return found
