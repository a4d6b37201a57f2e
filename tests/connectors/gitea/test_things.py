"""Requests, issues, comments, reviews, releases: from Gitea's JSON to parts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cooldown_connectors.forge.fields import EPOCH
from cooldown_connectors.forge.parts import ReviewCommentPart, ThreadPart
from cooldown_connectors.gitea.things import (
    comment_part,
    issue_part,
    owner_of,
    release_part,
    request_part,
    review_part,
    thread_parts,
)

from fake_gitea import commit, user

GHOST = {"id": -1, "login": "Ghost", "full_name": "", "email": ""}
ACTIONS = {"id": -2, "login": "gitea-actions", "full_name": "Gitea Actions", "email": "teabot@gitea.io"}


def pull(**changes: Any) -> dict[str, Any]:
    return {
        "id": 5001,
        "number": 12,
        "user": user("ana"),
        "title": "Round half up",
        "body": "Closes #3",
        "labels": [{"id": 1, "name": "bug", "color": "ff0000"}],
        "milestone": {"id": 2, "title": "2.1"},
        "state": "open",
        "draft": False,
        "merged": False,
        "merged_at": None,
        "merge_commit_sha": None,
        "merged_by": None,
        "base": {"label": "main", "ref": "main", "sha": commit(2), "repo_id": 1},
        "head": {"label": "round", "ref": "round", "sha": commit(3), "repo_id": 1},
        "merge_base": commit(1),
        "created_at": "2026-03-01T13:00:00+01:00",
        "updated_at": "2026-03-02T12:00:00Z",
        "closed_at": None,
        "html_url": "https://git.acme.example/acme/payments/pulls/12",
        **changes,
    }


def test_an_open_request() -> None:
    part = request_part(pull())
    assert part is not None
    assert (part.number, part.state, part.target, part.branch) == (12, "open", "main", "round")
    assert (part.base, part.head) == (commit(1), commit(3))
    assert part.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert (part.labels, part.milestone) == (["bug"], "2.1")
    assert part.author is not None
    assert (part.author.login, part.author.email, part.author.bot) == ("ana", "ana@acme.example", None)


def test_a_merged_request_has_the_commit_that_it_was_merged_in_and_who_did_it() -> None:
    part = request_part(
        pull(
            state="closed",
            merged=True,
            merged_at="2026-03-03T12:00:00Z",
            closed_at="2026-03-03T12:00:00Z",
            merge_commit_sha=commit(9),
            merged_by=user("bo", 8),
            head={"label": "round", "ref": "refs/pull/12/head", "sha": commit(3)},
        )
    )
    assert part is not None
    assert (part.state, part.merged_in, part.merged_at) == (
        "merged",
        commit(9),
        datetime(2026, 3, 3, 12, tzinfo=UTC),
    )
    assert part.closed_by is not None
    assert part.closed_by.login == "bo"
    assert (part.head, part.branch) == (commit(3), "round")


def test_the_tip_of_a_lasting_branch_is_not_taken_for_the_head_of_a_request_that_is_over() -> None:
    part = request_part(pull(state="closed", merged=True, head={"ref": "develop", "sha": commit(77)}))
    assert part is not None
    assert (part.head, part.branch) == (None, "develop")


def test_a_server_that_does_not_say_what_is_a_draft_says_it_in_the_title() -> None:
    assert [
        part.draft
        for title, draft in (("WIP: a", None), ("[wip] a", None), ("a", None), ("WIP: a", False), ("a", True))
        if (part := request_part(pull(title=title, draft=draft)))
    ] == [True, True, False, False, True]


def test_deleted_accounts_are_nobody_and_the_servers_own_are_machines() -> None:
    assert (ghost := request_part(pull(user=GHOST))) and ghost.author is None
    machine = request_part(pull(user=ACTIONS))
    assert machine and machine.author and machine.author.bot is True
    hidden = request_part(pull(user={**user("ana"), "email": "ana@noreply.git.acme.example"}))
    assert hidden and hidden.author and hidden.author.email == ""


def test_an_issue_that_came_from_another_forge_keeps_its_author() -> None:
    part = issue_part(pull(original_author="ana-on-github", user=GHOST))
    assert part is not None
    assert part.author is not None
    assert part.author.login == "ana-on-github"


def test_fields_that_are_null_missing_or_of_another_type_are_empty() -> None:
    names = [name for name in pull() if name != "number"]
    for broken in (
        {"number": 12},
        pull(**dict.fromkeys(names)),
        pull(**dict.fromkeys(names, 7)),
        pull(**{name: [None] for name in names}),
    ):
        part = request_part(broken)
        assert part is not None
        assert (part.title, part.text, part.author, part.state) == ("", "", None, "open")
        assert part.created_at == EPOCH
        assert issue_part(broken) is not None
    assert request_part({}) is issue_part({}) is None
    assert release_part({}) is review_part({}, "request:1") is comment_part({}, "issue:1") is None
    assert thread_parts({}, [{}], "request:1") == []


def test_a_comment_is_edited_where_it_was_changed_later() -> None:
    item = {"id": 7, "body": "Yes", "user": user("bo"), "created_at": "2026-03-01T12:00:00Z"}
    plain = comment_part({**item, "updated_at": "2026-03-01T12:00:00Z"}, "issue:3")
    edited = comment_part({**item, "updated_at": "2026-03-01T13:00:00+00:00"}, "issue:3")
    assert plain and plain.comment.edited_at is None
    assert edited and edited.comment.edited_at == datetime(2026, 3, 1, 13, tzinfo=UTC)


def test_a_comment_of_the_repository_belongs_where_its_address_says() -> None:
    root = "https://git.acme.example/acme/payments"
    assert owner_of({"pull_request_url": f"{root}/pulls/12", "issue_url": ""}) == "request:12"
    assert owner_of({"pull_request_url": "", "issue_url": f"{root}/issues/3"}) == "issue:3"
    assert owner_of({"pull_request_url": None, "issue_url": f"{root}/issues/3x"}) is None


def review(**changes: Any) -> dict[str, Any]:
    return {
        "id": 40,
        "user": user("bo", 8),
        "state": "REQUEST_CHANGES",
        "body": "Please",
        "commit_id": commit(3),
        "dismissed": False,
        "comments_count": 3,
        "submitted_at": "2026-03-01T14:00:00Z",
        **changes,
    }


def test_states_of_reviews() -> None:
    states = {
        given: part.review.state if (part := review_part(review(state=given), "request:12")) else None
        for given in ("APPROVED", "REQUEST_CHANGES", "COMMENT", "PENDING", "REQUEST_REVIEW", "")
    }
    assert states == {
        "APPROVED": "approved",
        "REQUEST_CHANGES": "changes_requested",
        "COMMENT": "commented",
        "PENDING": None,
        "REQUEST_REVIEW": None,
        "": None,
    }
    dismissed = review_part(review(dismissed=True), "request:12")
    assert dismissed and (dismissed.review.state, dismissed.review.revision) == ("dismissed", commit(3))


def remark(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "body": f"remark {number}",
        "user": user("bo", 8),
        "resolver": None,
        "pull_request_review_id": 40,
        "created_at": "2026-03-01T14:00:00Z",
        "updated_at": "2026-03-01T14:00:00Z",
        "path": "src/money.py",
        "commit_id": commit(66),
        "original_commit_id": "",
        "diff_hunk": "@@ -10,3 +10,4 @@ def total():\n a\n+b",
        "position": 12,
        "original_position": 0,
        **changes,
    }


def test_comments_of_a_review_on_the_same_line_are_one_thread() -> None:
    items = [
        remark(9, resolver=None),
        remark(7, resolver=user("ana")),
        remark(8, position=0, original_position=12),
        remark(6, path="other.py"),
    ]
    parts = thread_parts(review(), items, "request:12")
    threads = {part.id: part for part in parts if isinstance(part, ThreadPart)}
    comments = {part.comment.id: part for part in parts if isinstance(part, ReviewCommentPart)}
    assert {key: part.thread for key, part in comments.items()} == {"6": "6", "7": "7", "8": "8", "9": "7"}
    assert {key: part.resolved for key, part in threads.items()} == {"6": False, "7": True, "8": False}
    assert threads["7"].resolved_by is not None
    assert threads["7"].resolved_by.login == "ana"
    assert all(part.review == "40" for part in comments.values())


def test_a_position_is_a_line_of_the_new_file_and_an_original_position_one_of_the_old() -> None:
    new, old, whole = (
        part.anchor
        for item in (remark(1), remark(2, position=0, original_position=5), remark(3, position=0))
        for part in thread_parts(review(), [item], "request:12")
        if isinstance(part, ReviewCommentPart)
    )
    assert new and (new.side, new.start_line, new.line) == ("new", 12, 12)
    assert old and (old.side, old.start_line, old.line) == ("old", 5, 5)
    assert whole and (whole.side, whole.line) == ("new", None)
    # `commit_id` is only the commit that last changed the line
    assert new.head == commit(3)
    assert (new.hunk_from, new.hunk) == ("forge", "@@ -10,3 +10,4 @@ def total():\n a\n+b")


def test_the_order_in_which_comments_come_does_not_matter() -> None:
    items = [remark(number, position=number % 3 + 1) for number in range(1, 8)]
    assert thread_parts(review(), items, "request:12") == thread_parts(review(), items[::-1], "request:12")


def test_a_release_that_is_a_draft_is_none_and_a_branch_is_no_revision() -> None:
    item = {
        "id": 3,
        "tag_name": "v1",
        "target_commitish": "main",
        "name": "",
        "body": "What is new",
        "draft": False,
        "prerelease": True,
        "author": user("ana"),
        "created_at": "2026-03-01T12:00:00Z",
        "published_at": "2026-03-01T13:00:00Z",
    }
    part = release_part(item)
    assert part is not None
    assert (part.tag, part.name, part.revision, part.prerelease) == ("v1", None, None, True)
    assert part.published_at == datetime(2026, 3, 1, 13, tzinfo=UTC)
    exact = release_part({**item, "target_commitish": commit(5)})
    assert exact and exact.revision == commit(5)
    assert release_part({**item, "draft": True}) is None
