"""GitLab's JSON as parts: requests, issues, releases, and the lists that hang on one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from cooldown_connectors.forge.fields import flag, integer, maybe, moment, objects, strings, text
from cooldown_connectors.forge.parts import (
    EventPart,
    IssuePart,
    LinkPart,
    PushPart,
    ReleasePart,
    RequestPart,
    ReviewPart,
)
from cooldown_connectors.forge.protocol import Json
from cooldown_connectors.gitlab.people import person, time_of
from cooldown_kit.records import EventKind, Link, Review, TimelineEvent

_Relation = Literal["closes", "closed_by", "related"]
_REQUEST_STATES: Final[dict[str, Literal["closed", "merged"]]] = {"closed": "closed", "merged": "merged"}
"""All others are open: "locked" is a request that is being merged right now."""
_STATE_EVENTS: Final[dict[str, EventKind]] = {
    "closed": "closed",
    "reopened": "reopened",
    "merged": "merged",
}


@dataclass(frozen=True)
class Place:
    """The project that is read: what references without a project mean."""

    url: str
    owner: str
    name: str

    @property
    def project(self) -> str:
        return f"{self.owner}/{self.name}"

    def refer(self, project: str, sign: str, number: str) -> Link:
        """What a reference such as ``!12``, ``ledger#3`` or ``acme/pay/ledger#3`` means."""
        if not project:
            project = self.project
        elif "/" not in project:
            project = f"{self.owner}/{project}"
        kind: Literal["issue", "pull_request"] = "pull_request" if sign == "!" else "issue"
        path = "merge_requests" if sign == "!" else "issues"
        url = f"{self.url}/{project}/-/{path}/{number}"
        return Link(key=f"{project}#{number}", relation="mentions", kind=kind, url=url)


def request_part(item: Json) -> RequestPart | None:
    """A merge request of a list; ``None`` where it has no number."""
    number = integer(item, "iid")
    if number is None:
        return None
    state = _REQUEST_STATES.get(text(item, "state"))
    merged = state == "merged"
    merged_at = moment(item, "merged_at")
    by = person(item.get("merge_user")) or person(item.get("merged_by")) if merged else None
    return RequestPart(
        number=number,
        title=text(item, "title"),
        text=text(item, "description"),
        author=person(item.get("author")),
        state=state or "open",
        created_at=time_of(item, "created_at"),
        updated_at=time_of(item, "updated_at"),
        draft=bool(flag(item, "draft") or flag(item, "work_in_progress")),
        closed_at=merged_at if merged else moment(item, "closed_at") if state else None,
        closed_by=by if merged or not state else person(item.get("closed_by")),
        merged_at=merged_at if merged else None,
        merged_in=_merged_in(item) if merged else None,
        target=maybe(item, "target_branch"),
        branch=maybe(item, "source_branch"),
        base=maybe(item, "diff_refs", "base_sha"),
        head=maybe(item, "sha"),
        labels=_labels(item),
        milestone=maybe(item, "milestone", "title"),
        url=maybe(item, "web_url"),
    )


def _merged_in(item: Json) -> str | None:
    """The commit on the target branch; a fast-forward merge of one that was not squashed has only its own head."""
    return maybe(item, "merge_commit_sha") or maybe(item, "squash_commit_sha") or maybe(item, "sha")


def _labels(item: Json) -> list[str]:
    return strings(item, "labels") or [text(label, "name") for label in objects(item, "labels")]


def issue_part(item: Json) -> IssuePart | None:
    """An issue of a list; ``None`` where it has no number."""
    number = integer(item, "iid")
    if number is None:
        return None
    kind = (text(item, "issue_type") or text(item, "type")).lower()
    closed = text(item, "state") == "closed"
    return IssuePart(
        number=number,
        title=text(item, "title"),
        text=text(item, "description"),
        author=person(item.get("author")),
        state="closed" if closed else "open",
        created_at=time_of(item, "created_at"),
        updated_at=time_of(item, "updated_at"),
        closed_at=moment(item, "closed_at") if closed else None,
        closed_by=person(item.get("closed_by")) if closed else None,
        reason=closing_reason(item),
        type=None if kind in ("", "issue") else kind,
        labels=_labels(item),
        milestone=maybe(item, "milestone", "title"),
        url=maybe(item, "web_url"),
    )


def closing_reason(item: Json) -> str | None:
    """``moved`` or ``duplicate`` where GitLab closed an issue for that; it has no other reasons."""
    if integer(item, "moved_to_id") is not None:
        return "moved"
    return "duplicate" if text(item, "_links", "closed_as_duplicate_of") else None


def release_part(item: Json) -> ReleasePart | None:
    """A release of a list; ``None`` where it has no tag."""
    tag = text(item, "tag_name")
    if not tag:
        return None
    return ReleasePart(
        id=tag,
        tag=tag,
        name=maybe(item, "name"),
        text=text(item, "description"),
        author=person(item.get("author")),
        published_at=moment(item, "released_at") or time_of(item, "created_at"),
        revision=maybe(item, "commit", "id"),
        url=maybe(item, "_links", "self"),
    )


def push_parts(versions: Sequence[Json], of: str) -> Iterator[PushPart]:
    """The rounds of a request, from its versions (newest first, as GitLab lists them). A new target without a push is none."""
    before: str | None = None
    for version in sorted(versions, key=lambda version: integer(version, "id") or 0):
        head = maybe(version, "head_commit_sha")
        if head is None or head == before:
            continue
        base = maybe(version, "base_commit_sha") or maybe(version, "start_commit_sha")
        at = moment(version, "created_at")
        yield PushPart(of=of, id=str(integer(version, "id")), head=head, at=at, before=before, base=base)
        before = head


def approval_parts(approvals: Json, of: str, otherwise: datetime) -> Iterator[ReviewPart]:
    """Approvals that no system note tells of. ``otherwise`` is their time where GitLab does not say it (before 18.4)."""
    for approval in objects(approvals, "approved_by"):
        user = approval.get("user")
        review = Review(
            id=f"approval-{integer(user, 'id')}",
            author=person(user),
            state="approved",
            submitted_at=moment(approval, "approved_at") or otherwise,
        )
        yield ReviewPart(of=of, review=review)


def state_events(events: Sequence[Json], of: str) -> Iterator[EventPart]:
    """Closed, reopened, merged. GitLab 13.2 and later keep these beside the notes."""
    for item in events:
        state = text(item, "state")
        kind = _STATE_EVENTS.get(state, "state")
        yield _event(item, of, kind, "state", state if kind == "state" else text(item, "source_commit"))


def label_events(events: Sequence[Json], of: str) -> Iterator[EventPart]:
    """Labels put on and taken off. Of a label that was deleted GitLab keeps no name."""
    for item in events:
        kind: EventKind = "unlabelled" if text(item, "action") == "remove" else "labelled"
        yield _event(item, of, kind, "label", text(item, "label", "name"))


def _event(item: Json, of: str, kind: EventKind, prefix: str, detail: str) -> EventPart:
    actor = person(item.get("user"))
    event = TimelineEvent(kind=kind, at=time_of(item, "created_at"), actor=actor, detail=detail)
    return EventPart(of=of, id=f"{prefix}-{integer(item, 'id')}", event=event)


def link_parts(items: Sequence[Json], of: str, place: Place, relation: _Relation) -> Iterator[LinkPart]:
    """Issues that a request closes, requests that close an issue, or issues that one is related to ("blocks" among them)."""
    for item in items:
        if link := _link(item, place, relation):
            yield LinkPart(of=of, link=link)


def _link(item: Json, place: Place, relation: _Relation) -> Link | None:
    number, title = integer(item, "iid"), maybe(item, "title")
    if number is None:  # an issue of another tracker: only its key and title
        key = maybe(item, "id")
        return Link(key=key, relation=relation, kind="issue", title=title) if key else None
    kind: Literal["issue", "pull_request"] = "pull_request" if "source_branch" in item else "issue"
    project = re.split("[#!]", text(item, "references", "full"))[0] or place.project
    return Link(
        key=f"{project}#{number}", relation=relation, kind=kind, title=title, url=maybe(item, "web_url")
    )
