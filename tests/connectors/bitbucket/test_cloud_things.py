"""From the JSON of Bitbucket Cloud to parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cooldown_connectors.bitbucket.cloud_things import (
    activity_parts,
    change_parts,
    comment_parts,
    issue_part,
    person,
    request_parts,
)
from cooldown_connectors.forge.fields import EPOCH
from cooldown_connectors.forge.parts import (
    CommentPart,
    EventPart,
    LinkPart,
    PushPart,
    RequestPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
)

from fake_bitbucket_cloud import account

OF = "request:5695"


def request(**changes: Any) -> dict[str, Any]:
    return {
        "type": "pullrequest",
        "id": 5695,
        "title": "PAY-412 round half up",
        "description": "Closes it",
        "summary": {"raw": "Closes it", "markup": "markdown", "html": "<p>Closes it</p>"},
        "state": "OPEN",
        "draft": False,
        "author": account("ana"),
        "source": {"branch": {"name": "feature/PAY-413-round"}, "commit": {"hash": "d3022fc0ca3d"}},
        "destination": {"branch": {"name": "main"}, "commit": {"hash": "6a2c16e4a152"}},
        "merge_commit": None,
        "closed_by": None,
        "comment_count": 2,
        "created_on": "2019-09-27T00:33:46.039178+00:00",
        "updated_on": "2019-09-28T00:33:46.039178+00:00",
        "links": {"html": {"href": "https://bitbucket.org/acme/payments/pull-requests/5695"}},
        **changes,
    }


def test_a_request_and_the_issues_that_its_title_and_branch_name() -> None:
    part, *links = request_parts(request())
    assert isinstance(part, RequestPart)
    assert (part.state, part.target, part.branch) == ("open", "main", "feature/PAY-413-round")
    assert (part.head, part.base, part.text) == ("d3022fc0ca3d", "6a2c16e4a152", "Closes it")
    assert [link.link.key for link in links if isinstance(link, LinkPart)] == ["PAY-412", "PAY-413"]


def test_how_a_request_ended() -> None:
    ends = {}
    for state in ("OPEN", "MERGED", "DECLINED", "SUPERSEDED"):
        part = request_parts(
            request(state=state, merge_commit={"hash": "764413d85e29"}, closed_by=account("bo"))
        )[0]
        assert isinstance(part, RequestPart)
        ends[state] = (part.state, part.merged_in, part.closed_at is not None, part.merged_at is not None)
    assert ends == {
        "OPEN": ("open", None, False, False),
        "MERGED": ("merged", "764413d85e29", True, True),
        "DECLINED": ("closed", None, True, False),
        "SUPERSEDED": ("closed", None, True, False),
    }


def test_accounts() -> None:
    assert person({"user": account("bo")}, "user").login == "bo"  # type: ignore[union-attr]
    assert person(account("pipelines", "app_user")).bot is True  # type: ignore[union-attr]
    assert person(account("acme", "team")).bot is True  # type: ignore[union-attr]
    assert person(account("bo")).bot is False  # type: ignore[union-attr]
    assert person({"user": None}, "user") is None
    assert person({"type": "user", "display_name": "Former user"}).name == "Former user"  # type: ignore[union-attr]


def said(number: int, text: str = "Why?", **changes: Any) -> dict[str, Any]:
    return {
        "type": "pullrequest_comment",
        "id": number,
        "created_on": "2019-09-27T00:33:46.039178+00:00",
        "updated_on": "2019-09-27T00:33:46.055384+00:00",
        "content": {"raw": text, "markup": "markdown", "html": ""},
        "user": account("bo"),
        "deleted": False,
        "pending": False,
        "links": {
            "html": {
                "href": f"https://bitbucket.org/acme/payments/pull-requests/5695/_/diff#comment-{number}"
            },
            "code": {
                "href": "https://api.bitbucket.org/2.0/repositories/acme/payments/diff/acme/payments:d3022fc0ca3d..6a2c16e4a152?path=a.py"
            },
        },
        **changes,
    }


def test_a_thread_is_a_comment_on_code_with_all_that_answers_it() -> None:
    inline = {"path": "a.py", "from": None, "to": 12, "start_from": None, "start_to": 10, "outdated": True}
    parts = comment_parts(
        [
            said(1, inline=inline, resolution={"type": "comment_resolution", "user": account("ana")}),
            said(2, parent={"id": 1}),
            said(3, parent={"id": 2}, inline=inline),
            said(4),
            said(5, parent={"id": 4}),
        ],
        OF,
    )
    comments = {part.comment.id: part for part in parts if isinstance(part, ReviewCommentPart)}
    assert {key: (part.thread, part.comment.reply_to) for key, part in comments.items()} == {
        "1": ("1", None),
        "2": ("1", "1"),
        "3": ("1", "2"),
    }
    assert {part.comment.id: part.comment.reply_to for part in parts if isinstance(part, CommentPart)} == {
        "4": None,
        "5": "4",
    }
    [thread] = [part for part in parts if isinstance(part, ThreadPart)]
    assert (thread.id, thread.resolved, thread.outdated) == ("1", True, True)
    assert thread.resolved_by is not None
    anchor = thread.anchor
    assert anchor is not None
    assert (anchor.path, anchor.side, anchor.start_line, anchor.line) == ("a.py", "new", 10, 12)
    assert (anchor.head, anchor.base) == ("d3022fc0ca3d", "6a2c16e4a152")


def test_sides_of_comments_on_code() -> None:
    cases = {
        "removed": {"path": "a.py", "from": 211, "to": None},
        "added": {"path": "a.py", "from": None, "to": 7},
        "context": {"path": "a.py", "from": 6, "to": 7},
        "file": {"path": "a.py", "from": None, "to": None},
    }
    found = {}
    for name, inline in cases.items():
        [comment, _] = comment_parts([said(1, inline=inline)], OF)
        assert isinstance(comment, ReviewCommentPart)
        assert comment.anchor is not None
        found[name] = (comment.anchor.side, comment.anchor.start_line, comment.anchor.line)
    assert found == {
        "removed": ("old", 211, 211),
        "added": ("new", 7, 7),
        "context": ("new", 7, 7),
        "file": ("new", None, None),
    }


def test_a_thread_that_begins_with_a_deleted_comment_keeps_its_place() -> None:
    inline = {"path": "a.py", "to": 3}
    parts = comment_parts([said(1, "", deleted=True, inline=inline), said(2, parent={"id": 1})], OF)
    comment, thread = parts
    assert isinstance(comment, ReviewCommentPart)
    assert (comment.comment.id, comment.thread) == ("2", "1")
    assert isinstance(thread, ThreadPart)
    assert thread.anchor is not None
    assert (thread.anchor.line, thread.resolved) == (3, None)


def test_what_is_deleted_or_not_published_is_left() -> None:
    assert comment_parts([said(1, deleted=True), said(2, pending=True), {"id": None}], OF) == []


def test_the_milliseconds_in_which_a_comment_is_made_are_no_edit() -> None:
    plain, edited = comment_parts([said(1), said(2, updated_on="2019-09-27T01:00:00.000000+00:00")], OF)
    assert isinstance(plain, CommentPart)
    assert plain.comment.edited_at is None
    assert isinstance(edited, CommentPart)
    assert edited.comment.edited_at == datetime(2019, 9, 27, 1, tzinfo=UTC)


def test_comments_that_answer_each_other_in_a_ring_end_somewhere() -> None:
    parts = comment_parts(
        [said(1, parent={"id": 2}), said(2, parent={"id": 1}), said(3, parent={"id": 3})], OF
    )
    assert len(parts) == 3


def update(minute: int, **changes: Any) -> dict[str, Any]:
    picture = request()
    time = f"2019-09-27T00:{minute:02d}:00.000001+00:00"
    picture.update({"author": account("bo"), "date": time, "reason": "", "reviewers": [], **changes})
    return {"pull_request": {"id": 5695}, "update": picture}


def commit(head: str) -> dict[str, Any]:
    return {"branch": {"name": "feature/PAY-413-round"}, "commit": {"hash": head}}


def test_what_differs_between_two_pictures_is_what_happened() -> None:
    entries = [
        update(1),
        update(2, source=commit("aaaaaaaaaaaa")),
        update(3, source=commit("aaaaaaaaaaaa"), title="Another"),
        update(4, source=commit("bbbbbbbbbbbb"), title="Another", state="DECLINED", reason="no"),
    ]
    parts = activity_parts(reversed(entries), OF)
    pushes = [(part.head, part.before) for part in parts if isinstance(part, PushPart)]
    assert pushes == [
        ("d3022fc0ca3d", None),
        ("aaaaaaaaaaaa", "d3022fc0ca3d"),
        ("bbbbbbbbbbbb", "aaaaaaaaaaaa"),
    ]
    events = [(part.event.kind, part.event.detail) for part in parts if isinstance(part, EventPart)]
    assert events == [("renamed", "Another"), ("closed", "no")]
    assert len({part.key for part in parts}) == len(parts)


def test_drafts_targets_and_reviewers_of_pictures() -> None:
    entries = [
        update(1, draft=True),
        update(2, draft=False, destination={"branch": {"name": "release"}}),
        {**update(3, draft=False, destination={"branch": {"name": "release"}})},
    ]
    entries[2]["update"]["reviewers"] = [account("cy")]
    events = [(p.event.kind, p.event.detail) for p in activity_parts(entries, OF) if isinstance(p, EventPart)]
    assert events == [("state", "target release"), ("ready_for_review", ""), ("review_requested", "cy")]


def test_approvals_and_requests_for_changes_are_reviews() -> None:
    entries = [
        {"approval": {"date": "2019-09-27T00:37:19.849534+00:00", "user": account("bo")}, "pull_request": {}},
        {"changes_requested": {"date": "2019-09-27T00:38:19.849534+00:00", "user": account("cy")}},
    ]
    parts = [part.review for part in activity_parts(entries, OF) if isinstance(part, ReviewPart)]
    assert [(one.state, one.author.login) for one in parts if one.author] == [
        ("approved", "bo"),
        ("changes_requested", "cy"),
    ]


def test_an_issue_and_what_was_done_to_it() -> None:
    item = {
        "id": 3,
        "title": "It breaks",
        "content": {"raw": "Always"},
        "reporter": account("ana"),
        "state": "wontfix",
        "kind": "bug",
        "component": {"name": "api"},
        "milestone": {"name": "2.1"},
        "created_on": "2018-03-03T00:35:28.353630+00:00",
        "updated_on": "2018-03-04T00:35:28.353630+00:00",
    }
    part = issue_part(item)
    assert part is not None
    assert (part.state, part.reason, part.type, part.labels, part.milestone) == (
        "closed",
        "wontfix",
        "bug",
        ["api"],
        "2.1",
    )
    assert part.closed_at == part.updated_at
    changes = [
        {"state": {"old": "new", "new": "on hold"}},
        {"state": {"old": "on hold", "new": "resolved"}, "assignee": {"old": "", "new": "bo"}},
        {"state": {"old": "resolved", "new": "open"}, "milestone": {"old": "2.0", "new": ""}},
    ]
    rows = [
        {"id": number, "created_on": item["created_on"], "user": account("bo"), "changes": change}
        for number, change in enumerate(changes)
    ]
    assert [
        (p.event.kind, p.event.detail) for p in change_parts(rows, "issue:3") if isinstance(p, EventPart)
    ] == [
        ("state", "on hold"),
        ("closed", "resolved"),
        ("assigned", "bo"),
        ("reopened", "open"),
        ("demilestoned", "2.0"),
    ]


def test_fields_that_are_null_missing_or_of_another_type_are_empty() -> None:
    names = [name for name in request() if name != "id"]
    for value in (None, 7, "", [None], {}):
        part = request_parts({"id": 1, **dict.fromkeys(names, value)})[0]
        assert isinstance(part, RequestPart)
        assert (part.author, part.state, part.created_at) == (None, "open", EPOCH)
        assert issue_part({"id": 1, **dict.fromkeys(names, value)}) is not None
        comment_parts([{"id": 1, "inline": value, "parent": value, "content": value, "links": value}], OF)
        activity_parts([{"update": value}, {"approval": value}, {"changes_requested": value}], OF)
        change_parts([{"id": 1, "changes": value, "created_on": "2018-03-03T00:35:28+00:00"}], "issue:1")
    assert request_parts({}) == []
    assert issue_part({}) is None
