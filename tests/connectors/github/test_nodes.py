"""What the nodes of GitHub's GraphQL answers become, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cooldown_connectors.forge.parts import (
    CommentPart,
    DiscussionPart,
    EventPart,
    IssuePart,
    LinkPart,
    PushPart,
    RequestPart,
    ReviewPart,
    ThreadPart,
)
from cooldown_connectors.github import nodes, rest

from cooldown_kit.records import Comment, Link, Person, Review, TimelineEvent

ANN = {"__typename": "User", "login": "ann"}
HEAD, BASE, MERGE = "a" * 40, "b" * 40, "c" * 40
HERE = {"nameWithOwner": "acme/payments"}
OF = "request:7"


def hour(number: int) -> datetime:
    return datetime(2026, 1, 1, number, tzinfo=UTC)


def stamp(number: int) -> str:
    return f"2026-01-01T{number:02}:00:00Z"


def person(login: str, bot: bool | None = False) -> Person:
    return Person(name="", email="", login=login, bot=bot)


def head(**values: Any) -> dict[str, Any]:
    node = {
        "number": 7,
        "title": "Round half to even",
        "body": "Fixes drift.",
        "url": "https://git.acme.example/acme/payments/pull/7",
        "createdAt": stamp(1),
        "updatedAt": stamp(4),
        "closedAt": stamp(3),
        "author": ANN,
        "milestone": {"title": "1.2"},
        "labels": {"nodes": [{"name": "bug"}, None, {"name": "ledger"}]},
    }
    return node | values


def test_a_machine_has_one_name_in_both_apis() -> None:
    by_graphql = nodes.actor({"__typename": "Bot", "login": "helper"})
    assert by_graphql == rest.person({"login": "helper[bot]", "type": "Bot"}) == person("helper[bot]", True)
    assert nodes.actor({"__typename": "Bot", "login": "helper[bot]"}) == by_graphql


@pytest.mark.parametrize("node", [None, {}, {"__typename": "User", "login": None}])
def test_an_account_that_was_deleted_is_nobody(node: Any) -> None:
    assert nodes.actor(node) is None


@pytest.mark.parametrize("kind", ["Mannequin", "EnterpriseUserAccount", None])
def test_of_other_accounts_nobody_knows_whether_they_are_machines(kind: str | None) -> None:
    assert nodes.actor({"__typename": kind, "login": "x"}) == person("x", None)


def pull(**values: Any) -> dict[str, Any]:
    node = head() | {
        "state": "MERGED",
        "isDraft": True,
        "mergedAt": stamp(3),
        "mergedBy": {"__typename": "Bot", "login": "merger"},
        "mergeCommit": {"oid": MERGE},
        "baseRefName": "main",
        "headRefName": "rounding",
        "baseRefOid": BASE,
        "headRefOid": HEAD,
    }
    return node | values


def test_every_field_of_a_request_arrives() -> None:
    assert nodes.request_part(pull()) == RequestPart(
        number=7,
        title="Round half to even",
        text="Fixes drift.",
        author=person("ann"),
        state="merged",
        created_at=hour(1),
        updated_at=hour(4),
        draft=True,
        closed_at=hour(3),
        closed_by=person("merger[bot]", True),
        merged_at=hour(3),
        merged_in=MERGE,
        target="main",
        branch="rounding",
        base=BASE,
        head=HEAD,
        labels=["bug", "ledger"],
        milestone="1.2",
        url="https://git.acme.example/acme/payments/pull/7",
    )


def test_both_apis_say_the_same_of_a_request() -> None:
    node = pull(mergedBy=None)  # no list of REST says who merged
    item = {
        "number": 7,
        "title": "Round half to even",
        "body": "Fixes drift.",
        "user": {"login": "ann", "type": "User"},
        "state": "closed",
        "draft": True,
        "created_at": stamp(1),
        "updated_at": stamp(4),
        "closed_at": stamp(3),
        "merged_at": stamp(3),
        "merge_commit_sha": MERGE,
        "base": {"ref": "main", "sha": BASE},
        "head": {"ref": "rounding", "sha": HEAD},
        "labels": [{"name": "bug"}, {"name": "ledger"}],
        "milestone": {"title": "1.2"},
        "html_url": "https://git.acme.example/acme/payments/pull/7",
    }
    assert nodes.request_part(node) == rest.request_part(item)


@pytest.mark.parametrize("state", ["OPEN", "CLOSED"])
def test_the_trial_merge_of_a_request_that_is_not_merged_is_no_merge(state: str) -> None:
    nothing = {name: None for name in pull() if name not in ("number", "title", "state", "mergeCommit")}
    part = nodes.request_part(pull(**nothing) | {"state": state})
    assert (part.state, part.merged_in, part.author, part.text, part.labels) == (
        state.lower(),
        None,
        None,
        "",
        [],
    )


def issue(**values: Any) -> dict[str, Any]:
    closings = [
        {"__typename": "ClosedEvent", "actor": ANN},
        {"__typename": "LabeledEvent", "actor": ANN},
        {"__typename": "ClosedEvent", "actor": {"__typename": "User", "login": "jo"}},
    ]
    more = {"state": "CLOSED", "stateReason": "NOT_PLANNED", "issueTimeline": {"nodes": closings}}
    return head() | more | values


def test_every_field_of_an_issue_arrives_and_the_last_who_closed_it_is_who_closed_it() -> None:
    assert nodes.issue_part(issue()) == IssuePart(
        number=7,
        title="Round half to even",
        text="Fixes drift.",
        author=person("ann"),
        state="closed",
        created_at=hour(1),
        updated_at=hour(4),
        closed_at=hour(3),
        closed_by=person("jo"),
        reason="not_planned",
        labels=["bug", "ledger"],
        milestone="1.2",
        url="https://git.acme.example/acme/payments/pull/7",
    )


def test_an_issue_that_was_opened_again_was_closed_by_nobody_and_for_no_reason() -> None:
    part = nodes.issue_part(issue(state="OPEN", stateReason="REOPENED", closedAt=None))
    assert (part.state, part.closed_by, part.reason, part.closed_at) == ("open", None, None, None)


def test_every_field_of_a_discussion_arrives() -> None:
    node = head(category={"name": "Q&A"}, upvoteCount=5, stateReason="RESOLVED")
    assert nodes.discussion_part(node) == DiscussionPart(
        number=7,
        title="Round half to even",
        text="Fixes drift.",
        author=person("ann"),
        category="Q&A",
        created_at=hour(1),
        updated_at=hour(4),
        closed_at=hour(3),
        reason="resolved",
        score=5,
        labels=["bug", "ledger"],
        url="https://git.acme.example/acme/payments/pull/7",
    )


def said(**values: Any) -> dict[str, Any]:
    node = {
        "id": "DC_1",
        "author": ANN,
        "body": "Yes.",
        "createdAt": stamp(2),
        "lastEditedAt": stamp(3),
        "upvoteCount": 4,
        "isAnswer": True,
        "isMinimized": False,
        "minimizedReason": None,
        "url": "https://git.acme.example/d#1",
    }
    return node | values


def test_every_field_of_a_comment_of_a_discussion_arrives() -> None:
    assert nodes.discussion_comment(3, said(), "DC_0") == CommentPart(
        of="discussion:3",
        comment=Comment(
            id="DC_1",
            author=person("ann"),
            created_at=hour(2),
            text="Yes.",
            edited_at=hour(3),
            reply_to="DC_0",
            score=4,
            accepted=True,
            url="https://git.acme.example/d#1",
        ),
    )


@pytest.mark.parametrize(
    ("reason", "hidden"),
    [
        ("off-topic", "off_topic"),
        ("OUTDATED", "outdated"),
        ("spam", "spam"),
        ("low-quality", "low_quality"),
        (None, "hidden"),
    ],
)
def test_a_hidden_comment_says_why(reason: str | None, hidden: str) -> None:
    folded = nodes.discussion_comment(3, said(isMinimized=True, minimizedReason=reason))
    assert folded.comment.hidden == hidden
    assert nodes.discussion_comment(3, said(minimizedReason=reason)).comment.hidden is None


def review(**values: Any) -> dict[str, Any]:
    node = {
        "fullDatabaseId": "21",
        "author": ANN,
        "state": "CHANGES_REQUESTED",
        "body": "Not yet.",
        "submittedAt": stamp(2),
        "url": "https://git.acme.example/r",
        "commit": {"oid": HEAD},
    }
    return node | values


def test_every_field_of_a_review_arrives() -> None:
    assert nodes.review_part(7, review()) == ReviewPart(
        of=OF,
        review=Review(
            id="21",
            author=person("ann"),
            state="changes_requested",
            submitted_at=hour(2),
            text="Not yet.",
            revision=HEAD,
            url="https://git.acme.example/r",
        ),
    )


@pytest.mark.parametrize("state", ["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"])
def test_each_state_of_a_review_is_known(state: str) -> None:
    part = nodes.review_part(7, review(state=state, commit=None, author=None, body=""))
    assert part is not None
    assert (part.review.state, part.review.revision, part.review.author) == (state.lower(), None, None)


@pytest.mark.parametrize("values", [{"state": "PENDING"}, {"submittedAt": None}, {"state": "NEW_IN_2031"}])
def test_a_review_that_was_not_submitted_is_none(values: Any) -> None:
    assert nodes.review_part(7, review(**values)) is None


def test_every_field_of_a_thread_arrives() -> None:
    node = {
        "id": "PRRT_1",
        "isResolved": True,
        "isOutdated": True,
        "resolvedBy": {"login": "jo"},
        "comments": {"nodes": [{"fullDatabaseId": "31"}, None, {"fullDatabaseId": "32"}]},
    }
    assert nodes.thread_part(7, node) == ThreadPart(
        of=OF,
        id="PRRT_1",
        comments=["31", "32"],
        resolved=True,
        resolved_by=person("jo"),
        outdated=True,
    )
    open_ = nodes.thread_part(7, node | {"isResolved": False, "isOutdated": False, "resolvedBy": None})
    assert (open_.resolved, open_.resolved_by, open_.outdated) == (False, None, False)


def test_what_closes_what_is_told_from_both_sides() -> None:
    other = {"number": 3, "title": "Drift", "url": "https://git.acme.example/i/3", "repository": HERE}
    said = {"key": "acme/payments#3", "title": "Drift", "url": "https://git.acme.example/i/3"}
    assert list(nodes.links_of_request(7, [other])) == [
        LinkPart(of=OF, link=Link(relation="closes", kind="issue", **said))
    ]
    assert list(nodes.links_of_issue(7, [other])) == [
        LinkPart(of="issue:7", link=Link(relation="closed_by", kind="pull_request", **said))
    ]


# Timelines


def event(kind: str, **values: Any) -> dict[str, Any]:
    return {"__typename": kind, "id": "E1", "createdAt": stamp(2), "actor": ANN} | values


REFERRED = {
    "__typename": "Issue",
    "number": 3,
    "title": "Drift",
    "url": "https://git.acme.example/i/3",
    "repository": HERE,
}
TOLD: list[tuple[dict[str, Any], str, str]] = [
    (event("ClosedEvent", stateReason="NOT_PLANNED"), "closed", "not_planned"),
    (event("ClosedEvent", stateReason=None), "closed", ""),
    (event("ReopenedEvent"), "reopened", ""),
    (event("MergedEvent", commit={"oid": MERGE}), "merged", MERGE),
    (event("MergedEvent", commit=None), "merged", ""),
    (event("RenamedTitleEvent", currentTitle="New"), "renamed", "New"),
    (event("LabeledEvent", label={"name": "bug"}), "labelled", "bug"),
    (event("UnlabeledEvent", label={"name": "bug"}), "unlabelled", "bug"),
    (event("AssignedEvent", assignee={"login": "jo"}), "assigned", "jo"),
    (event("AssignedEvent", assignee=None), "assigned", ""),
    (event("UnassignedEvent", assignee={"login": "jo"}), "unassigned", "jo"),
    (event("MilestonedEvent", milestoneTitle="1.2"), "milestoned", "1.2"),
    (event("DemilestonedEvent", milestoneTitle="1.2"), "demilestoned", "1.2"),
    (event("ReferencedEvent", commit={"oid": HEAD}), "referenced", HEAD),
    (event("ReferencedEvent", commit=None), "referenced", ""),
    (
        event("MarkedAsDuplicateEvent", canonical={"number": 3, "repository": HERE}),
        "duplicate",
        "acme/payments#3",
    ),
    (event("MarkedAsDuplicateEvent", canonical=None), "duplicate", ""),
    (event("TransferredEvent", fromRepository={"nameWithOwner": "acme/old"}), "transferred", "acme/old"),
    (event("TransferredEvent", fromRepository=None), "transferred", ""),
    (event("LockedEvent", lockReason="TOO_HEATED"), "locked", "too_heated"),
    (event("LockedEvent", lockReason=None), "locked", ""),
    (event("UnlockedEvent"), "unlocked", ""),
    (
        event("ReviewRequestedEvent", requestedReviewer={"__typename": "User", "login": "jo"}),
        "review_requested",
        "jo",
    ),
    (
        event("ReviewRequestedEvent", requestedReviewer={"__typename": "Team", "name": "Ledger"}),
        "review_requested",
        "Ledger",
    ),
    (event("ReviewRequestedEvent", requestedReviewer=None), "review_requested", ""),
    (event("ReadyForReviewEvent"), "ready_for_review", ""),
    (event("ConvertToDraftEvent"), "draft", ""),
    (event("BaseRefChangedEvent", currentRefName="next"), "state", "target next"),
]


@pytest.mark.parametrize(("node", "kind", "detail"), TOLD, ids=lambda value: str(value)[:40])
def test_an_event_of_a_timeline_arrives(node: dict[str, Any], kind: Any, detail: str) -> None:
    expected = TimelineEvent(kind=kind, at=hour(2), actor=person("ann"), detail=detail)
    assert list(nodes.timeline_parts(OF, [node])) == [EventPart(of=OF, id="E1", event=expected)]


def test_every_kind_of_event_that_is_asked_for_is_read() -> None:
    told = {node["__typename"] for node, _, _ in TOLD}
    own_tests = {"CrossReferencedEvent", "ReviewDismissedEvent"}
    assert told | own_tests == set(nodes._EVENTS)


def test_a_dismissal_names_its_review() -> None:
    node = event("ReviewDismissedEvent", dismissalMessage="Stale", review={"fullDatabaseId": "21"})
    (part,) = nodes.timeline_parts(OF, [node])
    assert isinstance(part, EventPart)
    assert (part.event.kind, part.event.ref, part.event.detail) == ("review_dismissed", "21", "Stale")
    (lone,) = nodes.timeline_parts(OF, [event("ReviewDismissedEvent", dismissalMessage=None, review=None)])
    assert isinstance(lone, EventPart) and lone.event.ref is None


@pytest.mark.parametrize(("kind", "linked"), [("Issue", "issue"), ("PullRequest", "pull_request")])
def test_a_mention_is_an_event_and_a_link(kind: str, linked: Any) -> None:
    node = event("CrossReferencedEvent", willCloseTarget=False, source={**REFERRED, "__typename": kind})
    link, happened = nodes.timeline_parts("issue:7", [node])
    assert isinstance(link, LinkPart) and isinstance(happened, EventPart)
    assert link.link == Link(
        key="acme/payments#3",
        relation="mentioned_by",
        kind=linked,
        title="Drift",
        url="https://git.acme.example/i/3",
    )
    assert (happened.event.kind, happened.event.detail) == ("referenced", "acme/payments#3")


@pytest.mark.parametrize("source", [None, {}, {"__typename": "Issue"}])
def test_a_mention_in_what_the_token_may_not_see_is_an_event_alone(source: Any) -> None:
    (part,) = nodes.timeline_parts(OF, [event("CrossReferencedEvent", source=source)])
    assert isinstance(part, EventPart) and part.event.detail == ""


def test_commits_and_force_pushes_are_pushes() -> None:
    commit = {
        "__typename": "PullRequestCommit",
        "id": "PRC_1",
        "listed": {"oid": HEAD, "committedDate": stamp(1)},
    }
    forced = event("HeadRefForcePushedEvent", beforeCommit={"oid": BASE}, afterCommit={"oid": HEAD})
    assert list(nodes.timeline_parts(OF, [commit, forced])) == [
        PushPart(of=OF, id=f"commit:{HEAD}", head=HEAD, at=hour(1), commits=[HEAD], by_commit=True),
        PushPart(of=OF, id="E1", head=HEAD, before=BASE, at=hour(2), pusher=person("ann"), forced=True),
    ]


def test_a_force_push_to_or_from_a_commit_that_nobody_has_any_more_stops_nothing() -> None:
    gone = event("HeadRefForcePushedEvent", beforeCommit={"oid": BASE}, afterCommit=None)
    assert list(nodes.timeline_parts(OF, [gone])) == []
    first = event("HeadRefForcePushedEvent", beforeCommit=None, afterCommit={"oid": HEAD})
    (part,) = nodes.timeline_parts(OF, [first])
    assert isinstance(part, PushPart) and (part.before, part.head) == (None, HEAD)


def test_nodes_that_are_not_known_or_not_to_be_seen_are_passed_over() -> None:
    timeline = [None, {}, {"__typename": "PinnedEvent"}, event("ReopenedEvent")]
    parts = list(nodes.timeline_parts(OF, timeline))
    assert [part.id for part in parts if isinstance(part, EventPart)] == ["E1"] and len(parts) == 1
