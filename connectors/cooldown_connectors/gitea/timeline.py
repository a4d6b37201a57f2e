"""From the timeline of a request or an issue to parts: comments, pushes, events, links.

One list of the forge holds everything but the comments on code. It has existed since Gitea 1.17.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from cooldown_connectors.forge.fields import at, flag, integer, maybe, moment, strings, text
from cooldown_connectors.forge.parts import EventPart, LinkPart, Part, PushPart, request
from cooldown_connectors.forge.protocol import Json
from cooldown_connectors.gitea.people import person
from cooldown_connectors.gitea.things import comment_part
from cooldown_kit.records import EventKind, Link, TimelineEvent

_MARK: Final = "1"  # the body of an event that added a label; one that removed it has an empty body
_PLAIN: Final[dict[str, EventKind]] = {
    "close": "closed",
    "reopen": "reopened",
    "merge_pull": "merged",
    "lock": "locked",
    "unlock": "unlocked",
}
_REFERENCES: Final = frozenset({"issue_ref", "pull_ref", "comment_ref"})


def timeline_parts(rows: Iterable[dict[str, Any]], of: str, repository: str) -> list[Part]:
    """All parts that a timeline holds, in its order. Rows of time tracking, projects, due dates and pins say nothing about code and are left."""
    parts: list[Part] = []
    head: str | None = None
    for row in rows:
        kind = text(row, "type")
        if kind == "comment":
            said = comment_part(row, of)
            parts += [said] if said is not None else []
        elif kind == "pull_push":
            push = _push(row, of, head)
            if push is not None:
                head = push.head
                parts.append(push)
        elif kind in _REFERENCES:
            parts += _reference(row, of, repository)
        else:
            parts += _events(row, kind, of)
    return parts


def _push(row: Json, of: str, before: str | None) -> PushPart | None:
    """A push: its body is JSON with the commits, oldest first; of a forced one the head before and the head after."""
    try:
        body = json.loads(text(row, "body"))
    except ValueError:
        return None
    commits, forced = strings(body, "commit_ids"), flag(body, "is_force_push") is True
    identity = integer(row, "id")
    if identity is None or not commits:
        return None
    return PushPart(
        of=of,
        id=str(identity),
        head=commits[-1],
        at=moment(row, "created_at"),
        before=commits[0] if forced and len(commits) > 1 else before,
        pusher=person(row, "user"),
        forced=forced,
        commits=[] if forced else commits,
    )


def _events(row: Json, kind: str, of: str) -> list[Part]:
    identity, time = integer(row, "id"), moment(row, "created_at")
    if identity is None or time is None:
        return []
    found: list[tuple[EventKind, str]] = []
    if kind in _PLAIN:
        detail = (
            text(row, "ref_commit_sha")
            if kind == "merge_pull"
            else text(row, "body")
            if kind == "lock"
            else ""
        )
        found = [(_PLAIN[kind], detail)]
    elif kind == "label" and at(row, "label") is not None:  # a label that was deleted has no name any more
        found = [("labelled" if text(row, "body") == _MARK else "unlabelled", text(row, "label", "name"))]
    elif kind == "milestone":
        found = _milestones(row)
    elif kind == "assignees":
        found = [("unassigned" if flag(row, "removed_assignee") else "assigned", _asked(row))]
    elif kind == "change_title":
        found = [("renamed", text(row, "new_title"))]
    elif kind == "change_target_branch":
        found = [("state", f"target {text(row, 'new_ref')}")]
    elif kind == "review_request" and not flag(row, "removed_assignee"):
        found = [("review_requested", _asked(row))]
    elif kind == "dismiss_review":
        found = [("review_dismissed", text(row, "body"))]
    elif kind == "commit_ref" and (commit := text(row, "ref_commit_sha")):
        found = [("referenced", commit)]
    review = integer(row, "review_id") if kind == "dismiss_review" else None
    return [
        _event(of, f"{identity}-{position}" if position else str(identity), what, time, row, detail, review)
        for position, (what, detail) in enumerate(found)
    ]


def _event(
    of: str, identity: str, kind: EventKind, at: datetime, row: Json, detail: str, ref: int | None = None
) -> EventPart:
    event = TimelineEvent(
        kind=kind, at=at, actor=person(row, "user"), ref=str(ref) if ref else None, detail=detail
    )
    return EventPart(of=of, id=identity, event=event)


def _asked(row: Json) -> str:
    return text(row, "assignee", "login") or text(row, "assignee_team", "name")


def _milestones(row: Json) -> list[tuple[EventKind, str]]:
    old, new = text(row, "old_milestone", "title"), text(row, "milestone", "title")
    found: list[tuple[EventKind, str]] = [("demilestoned", old)] if old else []
    return [*found, ("milestoned", new)] if new else found


def _reference(row: Json, of: str, repository: str) -> list[Part]:
    """Another issue or request that speaks of this one. A request that closes it is linked to it, in both directions where both are here."""
    number, identity, time = (
        integer(row, "ref_issue", "number"),
        integer(row, "id"),
        moment(row, "created_at"),
    )
    if number is None or identity is None:
        return []
    place = text(row, "ref_issue", "repository", "full_name") or repository
    pull = at(row, "ref_issue", "pull_request") is not None
    closes = pull and text(row, "ref_action") == "closes"
    title, url = maybe(row, "ref_issue", "title"), maybe(row, "ref_issue", "html_url")
    link = Link(
        key=f"{place}#{number}",
        relation="closed_by" if closes else "mentioned_by",
        kind="pull_request" if pull else "issue",
        title=title,
        url=url,
    )
    parts: list[Part] = [LinkPart(of=of, link=link)]
    if time is not None:
        parts.append(_event(of, str(identity), "referenced", time, row, link.key))
    if closes and place == repository and of.startswith("issue:"):
        back = Link(key=f"{repository}#{of.removeprefix('issue:')}", relation="closes", kind="issue")
        parts.append(LinkPart(of=request(number), link=back))
    return parts
