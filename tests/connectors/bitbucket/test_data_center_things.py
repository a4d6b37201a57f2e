"""From the JSON of Bitbucket Data Center to parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cooldown_connectors.bitbucket.data_center_things import activity_parts, person, request_parts, stamp
from cooldown_connectors.forge.fields import EPOCH
from cooldown_connectors.forge.parts import (
    CommentPart,
    EventPart,
    LinkPart,
    Part,
    PushPart,
    RequestPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
)

from fake_data_center import FakeDataCenter, commit, user

OF = "request:12"


def request(**changes: Any) -> dict[str, Any]:
    forge = FakeDataCenter()
    return {**forge.requests[forge.open("PAY-412 round half up")], **changes}


def test_a_request() -> None:
    part, link = request_parts(request())
    assert isinstance(part, RequestPart)
    assert (part.number, part.state, part.target, part.branch) == (1, "open", "main", "feature/topic")
    assert (part.head, part.base) == (commit(1), commit(1000))
    assert part.created_at == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
    assert part.author is not None
    assert (part.author.login, part.author.email, part.author.bot) == ("ana", "ana@acme.example", False)
    assert isinstance(link, LinkPart)
    assert (link.link.key, link.link.relation) == ("PAY-412", "mentions")


def test_a_merged_request_names_the_commit_where_the_server_does() -> None:
    merged = request(state="MERGED", closedDate=1772366460000, properties={"mergeCommit": {"id": commit(9)}})
    part = request_parts(merged)[0]
    assert isinstance(part, RequestPart)
    assert (part.state, part.merged_in, part.merged_at) == (
        "merged",
        commit(9),
        datetime(2026, 3, 1, 12, 1, tzinfo=UTC),
    )
    old = request_parts(request(state="DECLINED"))[0]  # versions before 7 have no time of closing
    assert isinstance(old, RequestPart)
    assert (old.state, old.closed_at, old.merged_at) == ("closed", old.updated_at, None)


def test_accounts_of_services_are_machines() -> None:
    assert person(user("ci", "SERVICE")).bot is True  # type: ignore[union-attr]
    assert person({"name": "bo"}).bot is None  # type: ignore[union-attr]
    assert person({}) is None


@pytest.mark.parametrize(
    "change",
    [
        {"version": 1},
        {"updatedDate": 1},
        {"state": "MERGED"},
        {"properties": {"commentCount": 1, "openTaskCount": 0, "resolvedTaskCount": 0}},
        {"properties": {"commentCount": 0, "openTaskCount": 1, "resolvedTaskCount": 0}},
        {"reviewers": [{"user": user("bo"), "status": "APPROVED"}]},
        {"participants": [{"user": user("bo"), "status": "NEEDS_WORK"}]},
    ],
)
def test_a_stamp_changes_with_anything_that_happens(change: dict[str, Any]) -> None:
    assert stamp(request(**change)) != stamp(request())


def test_a_stamp_does_not_depend_on_the_order_of_reviewers() -> None:
    both = [{"user": user(name), "status": "APPROVED"} for name in ("bo", "cy")]
    assert stamp(request(reviewers=both)) == stamp(request(reviewers=both[::-1]))


def activity(action: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    time = 1772366400000 + number * 1000
    return {"id": number, "createdDate": time, "user": user("bo"), "action": action, **fields}


def said(number: int, *answers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "text": f"comment {number}",
        "author": user("bo"),
        "createdDate": 1772366400000,
        "updatedDate": 1772366400000,
        "comments": list(answers),
        "severity": "NORMAL",
        "state": "OPEN",
        **fields,
    }


ANCHOR = {
    "diffType": "EFFECTIVE",
    "fileType": "TO",
    "fromHash": commit(1000),
    "toHash": commit(3),
    "line": 12,
    "lineType": "ADDED",
    "orphaned": False,
    "path": "src/money.py",
    "srcPath": "src/coins.py",
}


def threads(*activities: dict[str, Any]) -> tuple[list[Part], dict[str, ThreadPart]]:
    parts = activity_parts(activities, OF)
    return parts, {part.id: part for part in parts if isinstance(part, ThreadPart)}


def test_a_thread_comes_once_though_every_answer_brings_it_again() -> None:
    answer = said(2, said(3))
    root = said(1, answer, threadResolved=True, threadResolver=user("ana"))
    parts, found = threads(
        activity("COMMENTED", 9, commentAction="REPLIED", comment=said(3)),
        activity("COMMENTED", 8, commentAction="REPLIED", comment=answer, commentAnchor=ANCHOR),
        activity("COMMENTED", 7, commentAction="ADDED", comment=root, commentAnchor=ANCHOR),
        activity("COMMENTED", 6, commentAction="EDITED", comment=root, commentAnchor=ANCHOR),
    )
    comments = [part for part in parts if isinstance(part, ReviewCommentPart)]
    assert [(one.comment.id, one.comment.reply_to, one.thread) for one in comments] == [
        ("1", None, "1"),
        ("2", "1", "1"),
        ("3", "2", "1"),
    ]
    thread = found["1"]
    assert (thread.resolved, thread.outdated) == (True, False)
    assert thread.resolved_by is not None
    assert thread.resolved_by.login == "ana"
    assert len(parts) == 4


def test_anchors() -> None:
    cases = {
        "new": ANCHOR,
        "old": {**ANCHOR, "fileType": "FROM", "lineType": "REMOVED"},
        "before 5.0": {**ANCHOR, "fileType": None, "lineType": "REMOVED"},
        "several": {**ANCHOR, "multilineMarker": {"startLine": 10, "startLineType": "CONTEXT"}},
        "file": {**ANCHOR, "line": 0, "lineType": None},
        "components": {**ANCHOR, "path": {"components": ["src", "money.py"], "name": "money.py"}},
    }
    found = {}
    for name, anchor in cases.items():
        _, made = threads(activity("COMMENTED", commentAction="ADDED", comment=said(1), commentAnchor=anchor))
        place = made["1"].anchor
        assert place is not None
        assert (place.base, place.head) == (commit(1000), commit(3))
        found[name] = (place.path, place.side, place.start_line, place.line)
    assert found == {
        "new": ("src/money.py", "new", 12, 12),
        "old": ("src/coins.py", "old", 12, 12),
        "before 5.0": ("src/coins.py", "old", 12, 12),
        "several": ("src/money.py", "new", 10, 12),
        "file": ("src/money.py", "new", None, None),
        "components": ("src/money.py", "new", 12, 12),
    }


def test_the_lines_that_come_with_a_comment_are_its_hunk() -> None:
    diff = {
        "hunks": [
            {
                "sourceLine": 10,
                "sourceSpan": 2,
                "destinationLine": 11,
                "destinationSpan": 3,
                "segments": [
                    {"type": "CONTEXT", "lines": [{"source": 10, "destination": 11, "line": "a"}]},
                    {"type": "REMOVED", "lines": [{"source": 11, "destination": 12, "line": "b"}]},
                    {"type": "ADDED", "lines": [{"line": "c"}, {"line": "d"}]},
                ],
            }
        ]
    }
    _, found = threads(
        activity("COMMENTED", commentAction="ADDED", comment=said(1), commentAnchor=ANCHOR, diff=diff)
    )
    anchor = found["1"].anchor
    assert anchor is not None
    assert anchor.hunk == "@@ -10,2 +11,3 @@\n a\n-b\n+c\n+d"
    elsewhere = {**ANCHOR, "line": 40}
    _, found = threads(
        activity("COMMENTED", commentAction="ADDED", comment=said(1), commentAnchor=elsewhere, diff=diff)
    )
    assert found["1"].anchor is not None
    assert found["1"].anchor.hunk is None


def test_a_task_is_a_thread_of_its_own_and_done_where_it_says_so() -> None:
    parts, found = threads(
        activity(
            "COMMENTED", 1, commentAction="ADDED", comment=said(1, severity="BLOCKER", state="RESOLVED")
        ),
        activity("COMMENTED", 2, commentAction="ADDED", comment=said(2, severity="BLOCKER")),
        activity("COMMENTED", 3, commentAction="ADDED", comment=said(3, said(4))),
    )
    assert {key: (part.resolved, part.anchor) for key, part in found.items()} == {
        "1": (True, None),
        "2": (False, None),
    }
    assert {part.comment.id: part.comment.reply_to for part in parts if isinstance(part, CommentPart)} == {
        "3": None,
        "4": "3",
    }


def test_a_deleted_comment_is_left_and_an_answer_without_its_beginning_is_kept() -> None:
    parts = activity_parts(
        [
            activity("COMMENTED", 1, commentAction="DELETED", comment=said(1)),
            activity("COMMENTED", 2, commentAction="REPLIED", comment=said(2)),
        ],
        OF,
    )
    assert [part.key for part in parts] == ["2"]


def test_pushes_reviews_and_events() -> None:
    rescoped = {
        "fromHash": commit(2),
        "previousFromHash": commit(1),
        "toHash": commit(1000),
        "previousToHash": commit(1000),
        "added": {"commits": [{"id": commit(2)}, {"id": commit(22)}], "total": 2},
        "removed": {"commits": [{"id": commit(1)}], "total": 1},
    }
    target_moved = {**rescoped, "previousFromHash": commit(2), "toHash": commit(1001)}
    parts = activity_parts(
        [
            activity("MERGED", 9, commit={"id": commit(99)}),
            activity("UNAPPROVED", 8),
            activity("APPROVED", 7),
            activity("RESCOPED", 6, **target_moved),
            activity("RESCOPED", 5, **rescoped),
            activity("REVIEWED", 4),
            activity("UPDATED", 3, addedReviewers=[user("cy"), user("di")], removedReviewers=[]),
            activity("OPENED", 2),
            activity("FROM THE FUTURE", 1),
        ],
        OF,
    )
    [push] = [part for part in parts if isinstance(part, PushPart)]
    assert (push.head, push.before, push.base, push.forced) == (commit(2), commit(1), commit(1000), True)
    assert push.commits == [commit(22), commit(2)]
    reviews = [part.review for part in parts if isinstance(part, ReviewPart)]
    assert [(one.state, one.revision) for one in reviews] == [
        ("changes_requested", commit(1)),
        ("approved", commit(2)),
    ]
    events = [(part.event.kind, part.event.detail) for part in parts if isinstance(part, EventPart)]
    assert events == [
        ("review_requested", "cy"),
        ("review_requested", "di"),
        ("review_dismissed", ""),
        ("merged", commit(99)),
    ]
    assert len({(part.kind, part.key) for part in parts}) == len(parts)


def test_fields_that_are_null_missing_or_of_another_type_are_empty() -> None:
    names = [name for name in request() if name != "id"]
    actions = ("RESCOPED", "APPROVED", "REVIEWED", "MERGED", "UPDATED", "COMMENTED")
    for value in (None, "", [None], {}, 10**30):
        part = request_parts({"id": 1, **dict.fromkeys(names, value)})[0]
        assert isinstance(part, RequestPart)
        assert (part.author, part.state, part.created_at) == (None, "open", EPOCH)
        stamp(dict.fromkeys(names, value))
        for action in actions:
            broken = dict.fromkeys(
                ("fromHash", "added", "commit", "comment", "commentAnchor", "diff", "user"), value
            )
            activity_parts([{**activity(action), **broken}, {"action": action}], OF)
            activity_parts([activity("COMMENTED", comment=said(1, comments=value), commentAnchor=value)], OF)
    assert request_parts({}) == []
