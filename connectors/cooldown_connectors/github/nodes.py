"""Nodes of GitHub's GraphQL answers as parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from cooldown_connectors.forge.fields import maybe, moment
from cooldown_connectors.forge.parts import (
    CommentPart,
    DiscussionPart,
    EventPart,
    IssuePart,
    LinkPart,
    Part,
    PushPart,
    RequestPart,
    ReviewPart,
    ThreadPart,
    discussion,
    issue,
    request,
)
from cooldown_connectors.github.rest import time
from cooldown_kit.records import Comment, EventKind, Link, Person, Review, TimelineEvent

Json = Any
_HIDDEN: Final = {"off-topic": "off_topic", "low-quality": "low_quality"}
_REVIEW_STATES: Final = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
}


def actor(node: Json) -> Person | None:
    """Who did something; ``None`` for an account that was deleted."""
    if not node or not node.get("login"):
        return None
    kind, login = node.get("__typename"), node["login"]
    if kind == "Bot" and not login.endswith("[bot]"):  # REST writes it so: one account is one name
        login += "[bot]"
    return Person(name="", email="", login=login, bot={"Bot": True, "User": False}.get(kind))


def request_part(node: Json) -> RequestPart:
    """A pull request by itself."""
    return RequestPart(
        number=node["number"],
        title=node["title"],
        text=node.get("body") or "",
        author=actor(node.get("author")),
        state=node["state"].lower(),
        created_at=time(node, "createdAt"),
        updated_at=time(node, "updatedAt"),
        draft=bool(node.get("isDraft")),
        closed_at=moment(node, "closedAt"),
        closed_by=actor(node.get("mergedBy")),
        merged_at=moment(node, "mergedAt"),
        merged_in=(node.get("mergeCommit") or {}).get("oid") if node["state"] == "MERGED" else None,
        target=node.get("baseRefName"),
        branch=node.get("headRefName"),
        base=node.get("baseRefOid"),
        head=node.get("headRefOid"),
        labels=[label["name"] for label in _nodes(node, "labels")],
        milestone=(node.get("milestone") or {}).get("title"),
        url=node.get("url"),
    )


def issue_part(node: Json) -> IssuePart:
    """An issue by itself."""
    closed = node["state"] == "CLOSED"
    closings = [event for event in _nodes(node, "issueTimeline") if event.get("__typename") == "ClosedEvent"]
    return IssuePart(
        number=node["number"],
        title=node["title"],
        text=node.get("body") or "",
        author=actor(node.get("author")),
        state="closed" if closed else "open",
        created_at=time(node, "createdAt"),
        updated_at=time(node, "updatedAt"),
        closed_at=moment(node, "closedAt"),
        closed_by=actor(closings[-1].get("actor")) if closed and closings else None,
        reason=(node.get("stateReason") or "").lower() or None if closed else None,
        labels=[label["name"] for label in _nodes(node, "labels")],
        milestone=(node.get("milestone") or {}).get("title"),
        url=node.get("url"),
    )


def discussion_part(node: Json) -> DiscussionPart:
    """A discussion by itself."""
    return DiscussionPart(
        number=node["number"],
        title=node["title"],
        text=node.get("body") or "",
        author=actor(node.get("author")),
        category=(node.get("category") or {}).get("name") or "",
        created_at=time(node, "createdAt"),
        updated_at=time(node, "updatedAt"),
        closed_at=moment(node, "closedAt"),
        reason=(node.get("stateReason") or "").lower() or None,
        score=node.get("upvoteCount"),
        labels=[label["name"] for label in _nodes(node, "labels")],
        url=node.get("url"),
    )


def discussion_comment(number: int, node: Json, reply_to: str | None = None) -> CommentPart:
    """A comment of a discussion, or a reply to one."""
    reason = (node.get("minimizedReason") or "").lower()
    comment = Comment(
        id=node["id"],
        author=actor(node.get("author")),
        created_at=time(node, "createdAt"),
        text=node.get("body") or "",
        edited_at=moment(node, "lastEditedAt"),
        reply_to=reply_to,
        score=node.get("upvoteCount"),
        accepted=bool(node.get("isAnswer")),
        hidden=_HIDDEN.get(reason, reason) or "hidden" if node.get("isMinimized") else None,
        url=node.get("url"),
    )
    return CommentPart(of=discussion(number), comment=comment)


def review_part(number: int, node: Json) -> ReviewPart | None:
    """A review; ``None`` for one that its author has not submitted."""
    state = _REVIEW_STATES.get(node["state"])
    if state is None or not node.get("submittedAt"):
        return None
    review = Review(
        id=str(node["fullDatabaseId"]),
        author=actor(node.get("author")),
        state=state,  # type: ignore[arg-type]  # the table holds nothing else
        submitted_at=time(node, "submittedAt"),
        text=node.get("body") or "",
        revision=(node.get("commit") or {}).get("oid"),
        url=node.get("url"),
    )
    return ReviewPart(of=request(number), review=review)


def thread_part(number: int, node: Json) -> ThreadPart:
    """What a review thread has beside its comments."""
    by = node.get("resolvedBy")
    return ThreadPart(
        of=request(number),
        id=node["id"],
        comments=[str(comment["fullDatabaseId"]) for comment in _nodes(node, "comments")],
        resolved=node["isResolved"],
        resolved_by=Person(name="", email="", login=by["login"], bot=False) if by else None,
        outdated=node["isOutdated"],
    )


def links_of_request(number: int, nodes: Iterable[Json]) -> Iterator[LinkPart]:
    """The issues that a pull request closes."""
    for node in nodes:
        yield LinkPart(of=request(number), link=_link(node, "closes", "issue"))


def links_of_issue(number: int, nodes: Iterable[Json]) -> Iterator[LinkPart]:
    """The pull requests that close an issue."""
    for node in nodes:
        yield LinkPart(of=issue(number), link=_link(node, "closed_by", "pull_request"))


def _link(node: Json, relation: Any, kind: Any) -> Link:
    return Link(
        key=f"{node['repository']['nameWithOwner']}#{node['number']}",
        relation=relation,
        kind=kind,
        title=node.get("title"),
        url=node.get("url"),
    )


def timeline_parts(of: str, nodes: Iterable[Json]) -> Iterator[Part]:
    """Events, pushes and references of a timeline; what this version does not know is left out, as the question names what it wants."""
    for node in nodes:
        if not node:
            continue
        kind = node["__typename"]
        if kind == "PullRequestCommit":
            commit = node["listed"]
            yield PushPart(
                of=of,
                id=f"commit:{commit['oid']}",
                head=commit["oid"],
                at=moment(commit, "committedDate"),
                commits=[commit["oid"]],
                by_commit=True,
            )
        elif kind == "HeadRefForcePushedEvent":
            if node.get("afterCommit"):  # nobody has the commit any more where it is missing
                yield PushPart(
                    of=of,
                    id=node["id"],
                    head=node["afterCommit"]["oid"],
                    before=(node.get("beforeCommit") or {}).get("oid"),
                    at=time(node, "createdAt"),
                    pusher=actor(node.get("actor")),
                    forced=True,
                )
        else:
            if kind == "CrossReferencedEvent" and (node.get("source") or {}).get("number"):
                source = node["source"]
                of_request = source["__typename"] == "PullRequest"
                yield LinkPart(
                    of=of, link=_link(source, "mentioned_by", "pull_request" if of_request else "issue")
                )
            if kind in _EVENTS:
                event, detail = _EVENTS[kind]
                yield EventPart(
                    of=of,
                    id=node["id"],
                    event=TimelineEvent(
                        kind=event,
                        at=time(node, "createdAt"),
                        actor=actor(node.get("actor")),
                        ref=_reviewed(node),
                        detail=detail(node) or "",
                    ),
                )


def _reviewed(node: Json) -> str | None:
    review = node.get("review")
    return str(review["fullDatabaseId"]) if review else None


def _name(field: str, *inner: str) -> Callable[[Json], str | None]:
    def read(node: Json) -> str | None:
        return maybe(node, field, *inner)

    return read


def _of_repository(field: str) -> Callable[[Json], str | None]:
    def read(node: Json) -> str | None:
        value = node.get(field) or {}
        return f"{value['repository']['nameWithOwner']}#{value['number']}" if value.get("number") else None

    return read


def _reviewer(node: Json) -> str | None:
    reviewer = node.get("requestedReviewer") or {}
    found: str | None = reviewer.get("login") or reviewer.get("name")
    return found


_EVENTS: Final[Mapping[str, tuple[EventKind, Callable[[Json], str | None]]]] = {
    "ClosedEvent": ("closed", lambda node: (node.get("stateReason") or "").lower()),
    "ReopenedEvent": ("reopened", lambda _: ""),
    "MergedEvent": ("merged", _name("commit", "oid")),
    "RenamedTitleEvent": ("renamed", _name("currentTitle")),
    "LabeledEvent": ("labelled", _name("label", "name")),
    "UnlabeledEvent": ("unlabelled", _name("label", "name")),
    "AssignedEvent": ("assigned", _name("assignee", "login")),
    "UnassignedEvent": ("unassigned", _name("assignee", "login")),
    "MilestonedEvent": ("milestoned", _name("milestoneTitle")),
    "DemilestonedEvent": ("demilestoned", _name("milestoneTitle")),
    "CrossReferencedEvent": ("referenced", _of_repository("source")),
    "ReferencedEvent": ("referenced", _name("commit", "oid")),
    "MarkedAsDuplicateEvent": ("duplicate", _of_repository("canonical")),
    "TransferredEvent": ("transferred", _name("fromRepository", "nameWithOwner")),
    "LockedEvent": ("locked", lambda node: (node.get("lockReason") or "").lower()),
    "UnlockedEvent": ("unlocked", lambda _: ""),
    "ReviewRequestedEvent": ("review_requested", _reviewer),
    "ReviewDismissedEvent": ("review_dismissed", _name("dismissalMessage")),
    "ReadyForReviewEvent": ("ready_for_review", lambda _: ""),
    "ConvertToDraftEvent": ("draft", lambda _: ""),
    "BaseRefChangedEvent": ("state", lambda node: f"target {node.get('currentRefName')}"),
}
"""Type of node → kind of event, and what of the node says more."""


def _nodes(node: Json, name: str) -> list[Json]:
    return [one for one in (node.get(name) or {}).get("nodes") or [] if one]
