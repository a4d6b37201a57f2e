"""What GitHub's REST answers become, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cooldown_connectors.forge.fields import EPOCH
from cooldown_connectors.forge.parts import CommentPart, IssuePart, ReleasePart, RequestPart
from cooldown_connectors.github import rest

from cooldown_kit.records import Anchor, Comment, Person

ANN = {"login": "ann", "id": 1, "type": "User"}
BOT = {"login": "helper[bot]", "id": 2, "type": "Bot"}
PAGE = "https://git.acme.example/acme/payments"
API = "https://git.acme.example/api/v3/repos/acme/payments"
HEAD, BASE, MERGE = "a" * 40, "b" * 40, "c" * 40
HUNK = "@@ -10,4 +20,5 @@ def settle():\n     first\n-    second\n+    zweite\n+    dritte\n     last"


def hour(number: int) -> datetime:
    return datetime(2026, 1, 1, number, tzinfo=UTC)


def stamp(number: int) -> str:
    return f"2026-01-01T{number:02}:00:00Z"


def person(login: str, bot: bool | None = False) -> Person:
    return Person(name="", email="", login=login, bot=bot)


def pull(**values: Any) -> dict[str, Any]:
    item = {
        "number": 7,
        "title": "Round half to even",
        "body": "Fixes drift.",
        "user": ANN,
        "state": "closed",
        "draft": True,
        "created_at": stamp(1),
        "updated_at": stamp(4),
        "closed_at": stamp(3),
        "merged_at": stamp(3),
        "merge_commit_sha": MERGE,
        "base": {"ref": "main", "sha": BASE},
        "head": {"ref": "rounding", "sha": HEAD, "repo": None},
        "labels": [{"name": "bug"}, {"name": "ledger"}],
        "milestone": {"title": "1.2"},
        "html_url": f"{PAGE}/pull/7",
    }
    return item | values


def review_comment(**values: Any) -> dict[str, Any]:
    item = {
        "id": 31,
        "user": ANN,
        "body": "Why?",
        "created_at": stamp(2),
        "updated_at": stamp(2),
        "pull_request_review_id": 21,
        "pull_request_url": f"{API}/pulls/7",
        "html_url": f"{PAGE}/pull/7#discussion_r31",
        "diff_hunk": HUNK,
        "path": "src/ledger.py",
        "commit_id": "d" * 40,
        "original_commit_id": HEAD,
        "side": "RIGHT",
        "start_side": None,
        "line": None,
        "original_line": 22,
        "start_line": None,
        "original_start_line": None,
        "subject_type": "line",
    }
    return item | values


def anchor(**values: Any) -> Anchor:
    part = rest.review_comment_part(review_comment(**values))
    assert part is not None and part.anchor is not None
    return part.anchor


def lines(found: Anchor) -> tuple[str, int | None, int | None]:
    return found.side, found.start_line, found.line


# People


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (ANN, person("ann")),
        (BOT, person("helper[bot]", True)),
        ({"login": "acme", "type": "Organization"}, person("acme", False)),
        ({"login": "import", "type": "Mannequin"}, person("import", None)),
        ({"login": "old-server"}, person("old-server", None)),
    ],
)
def test_an_account_is_a_machine_where_github_says_so_and_not_known_where_it_says_nothing(
    user: Any, expected: Person
) -> None:
    assert rest.person(user) == expected


@pytest.mark.parametrize("user", [None, {}, {"login": ""}, {"login": "ghost", "id": 10137, "type": "User"}])
def test_an_account_that_was_deleted_is_nobody_in_each_way_that_github_says_it(user: Any) -> None:
    assert rest.person(user) is None


# Requests


def test_every_field_of_a_request_arrives() -> None:
    assert rest.request_part(pull()) == RequestPart(
        number=7,
        title="Round half to even",
        text="Fixes drift.",
        author=person("ann"),
        state="merged",
        created_at=hour(1),
        updated_at=hour(4),
        draft=True,
        closed_at=hour(3),
        merged_at=hour(3),
        merged_in=MERGE,
        target="main",
        branch="rounding",
        base=BASE,
        head=HEAD,
        labels=["bug", "ledger"],
        milestone="1.2",
        url=f"{PAGE}/pull/7",
    )


def test_a_request_with_nothing_but_its_number_is_still_a_request() -> None:
    bare = dict.fromkeys(pull()) | {"number": 7}
    assert rest.request_part(bare) == RequestPart(
        number=7, title="", text="", author=None, state="closed", created_at=EPOCH, updated_at=EPOCH
    )


@pytest.mark.parametrize(
    ("state", "merged_at", "expected"),
    [("open", None, "open"), ("closed", None, "closed"), ("closed", stamp(3), "merged")],
)
def test_the_trial_merge_of_a_request_that_is_not_merged_is_no_merge(
    state: str, merged_at: str | None, expected: str
) -> None:
    part = rest.request_part(pull(state=state, merged_at=merged_at))
    assert part.state == expected
    assert part.merged_in == (MERGE if expected == "merged" else None)


# Issues


def issue(**values: Any) -> dict[str, Any]:
    kept = ("number", "title", "body", "user", "created_at", "updated_at", "closed_at", "labels", "milestone")
    item = {name: value for name, value in pull().items() if name in kept}
    more = {
        "state": "closed",
        "state_reason": "not_planned",
        "closed_by": BOT,
        "html_url": f"{PAGE}/issues/7",
        "type": {"name": "Bug"},
    }
    return item | more | values


def test_every_field_of_an_issue_arrives() -> None:
    assert rest.issue_part(issue()) == IssuePart(
        number=7,
        title="Round half to even",
        text="Fixes drift.",
        author=person("ann"),
        state="closed",
        created_at=hour(1),
        updated_at=hour(4),
        closed_at=hour(3),
        closed_by=person("helper[bot]", True),
        reason="not_planned",
        type="bug",
        labels=["bug", "ledger"],
        milestone="1.2",
        url=f"{PAGE}/issues/7",
    )


def test_a_request_in_the_list_of_issues_is_none_of_them() -> None:
    assert rest.issue_part(issue(pull_request={"url": f"{API}/pulls/7"})) is None


def test_the_reason_why_an_open_issue_was_opened_again_is_no_reason_why_it_is_closed() -> None:
    part = rest.issue_part(issue(state="open", state_reason="reopened", closed_at=None, closed_by=None))
    assert part is not None and (part.state, part.reason, part.closed_by) == ("open", None, None)


@pytest.mark.parametrize("labels", [None, [], "bug", [None, "bug", {"name": None}]])
def test_labels_of_another_form_cost_nothing_but_themselves(labels: Any) -> None:
    part = rest.issue_part(issue(labels=labels))
    assert part is not None and part.labels == []


# Comments


def comment(**values: Any) -> dict[str, Any]:
    item = {
        "id": 41,
        "user": BOT,
        "body": "Seen in production.",
        "created_at": stamp(2),
        "updated_at": stamp(5),
        "html_url": f"{PAGE}/issues/9#issuecomment-41",
        "reactions": {
            "+1": 3,
            "-1": 1,
            "heart": 2,
            "hooray": 1,
            "rocket": 1,
            "laugh": 9,
            "eyes": 9,
            "confused": 9,
        },
    }
    return item | values


def test_every_field_of_a_comment_arrives() -> None:
    assert rest.comment_part(comment()) == CommentPart(
        of="issue:9",
        comment=Comment(
            id="41",
            author=person("helper[bot]", True),
            created_at=hour(2),
            text="Seen in production.",
            edited_at=hour(5),
            score=6,
            url=f"{PAGE}/issues/9#issuecomment-41",
        ),
    )


@pytest.mark.parametrize(
    ("url", "of"),
    [
        (f"{PAGE}/issues/9#issuecomment-41", "issue:9"),
        (f"{PAGE}/pull/9#issuecomment-41", "request:9"),
        (f"{PAGE}/issues/9", "issue:9"),
        ("https://git.acme.example/issues/pull/pull/12#issuecomment-41", "request:12"),
    ],
)
def test_a_comment_is_of_the_request_or_the_issue_that_its_address_names(url: str, of: str) -> None:
    part = rest.comment_part(comment(html_url=url))
    assert part is not None and part.of == of


@pytest.mark.parametrize("url", [None, "", f"{PAGE}/commit/abc#commitcomment-41"])
def test_a_comment_of_neither_is_left_out(url: Any) -> None:
    assert rest.comment_part(comment(html_url=url)) is None


def test_a_comment_that_was_never_edited_says_so_and_has_no_score_where_reactions_are_not_told() -> None:
    part = rest.comment_part(comment(updated_at=stamp(2), reactions=None, body=None, user=None))
    assert part is not None
    assert (part.comment.edited_at, part.comment.score, part.comment.text, part.comment.author) == (
        None,
        None,
        "",
        None,
    )


def test_reactions_that_nobody_gave_are_a_score_of_nothing() -> None:
    assert rest.score({"+1": 0, "-1": 0}) == 0
    assert rest.score({"-1": 2, "heart": 1}) == -1


# Review comments


def test_every_field_of_a_review_comment_arrives() -> None:
    part = rest.review_comment_part(review_comment(in_reply_to_id=30, updated_at=stamp(6)))
    assert part is not None
    assert (part.of, part.review, part.thread) == ("request:7", "21", None)
    assert part.comment == Comment(
        id="31",
        author=person("ann"),
        created_at=hour(2),
        text="Why?",
        edited_at=hour(6),
        reply_to="30",
        url=f"{PAGE}/pull/7#discussion_r31",
    )
    assert part.anchor == Anchor(
        path="src/ledger.py", side="new", start_line=22, line=22, head=HEAD, hunk=HUNK, hunk_from="forge"
    )


def test_the_lines_are_those_of_the_time_when_it_was_written_not_of_now() -> None:
    assert lines(anchor(line=99, start_line=97, original_line=22, original_start_line=21)) == ("new", 21, 22)


def test_a_comment_on_the_old_side_stays_on_the_old_side() -> None:
    assert lines(anchor(side="LEFT", original_line=11)) == ("old", 11, 11)
    several = {"side": "LEFT", "start_side": "LEFT", "original_start_line": 10, "original_line": 11}
    assert lines(anchor(**several)) == ("old", 10, 11)


@pytest.mark.parametrize(
    ("start_side", "expected"),
    [("RIGHT", ("new", 20, 22)), (None, ("new", 20, 22)), ("LEFT", ("new", 22, 22))],
)
def test_of_lines_from_one_side_to_the_other_the_last_one_is_meant(start_side: Any, expected: Any) -> None:
    assert lines(anchor(start_side=start_side, original_start_line=20)) == expected


def test_a_comment_on_a_whole_file_has_no_lines() -> None:
    found = anchor(subject_type="file", original_line=1, side="RIGHT", diff_hunk=None)
    assert lines(found) == ("new", None, None) and found.hunk is None and found.hunk_from is None
    assert lines(anchor(subject_type="file", original_line=None)) == ("new", None, None)


@pytest.mark.parametrize(
    ("hunk", "expected"),
    [
        (HUNK, ("new", 23, 23)),
        ("@@ -10,4 +20,5 @@\n     first\n-    second", ("old", 11, 11)),
        ("@@ -10,4 +20,5 @@\n     first\n-    second\n+    zweite", ("new", 21, 21)),
        ("@@ -0,0 +1 @@\n+only", ("new", 1, 1)),
        ("@@ -1 +0,0 @@\n-only\n\\ No newline at end of file", ("old", 1, 1)),
    ],
)
def test_an_old_comment_with_a_position_only_speaks_of_the_line_that_its_hunk_ends_with(
    hunk: str, expected: Any
) -> None:
    old = {"original_line": None, "side": None, "position": 4, "original_position": 4}
    assert lines(anchor(diff_hunk=hunk, **old)) == expected


@pytest.mark.parametrize(
    ("side", "expected"), [("LEFT", ("old", 12, 12)), ("RIGHT", ("new", 23, 23)), (None, ("new", 23, 23))]
)
def test_the_side_that_an_old_comment_names_counts_before_its_last_line(side: Any, expected: Any) -> None:
    assert lines(anchor(original_line=None, side=side)) == expected


@pytest.mark.parametrize("hunk", [None, "", "@@ no numbers @@\n x", "@@ -1,2 +1,2 @@", 7])
def test_an_old_comment_without_a_readable_hunk_speaks_of_the_file(hunk: Any) -> None:
    assert lines(anchor(original_line=None, side=None, diff_hunk=hunk)) == ("new", None, None)


@pytest.mark.parametrize("url", [None, "", f"{API}/pulls/", f"{API}/pulls/x"])
def test_a_review_comment_that_does_not_say_whose_it_is_is_left_out(url: Any) -> None:
    assert rest.review_comment_part(review_comment(pull_request_url=url)) is None


def test_a_review_comment_of_times_before_reviews_belongs_to_none() -> None:
    part = rest.review_comment_part(review_comment(pull_request_review_id=None, user=None))
    assert part is not None and (part.review, part.comment.author) == (None, None)


# Releases


def release(**values: Any) -> dict[str, Any]:
    item = {
        "id": 51,
        "tag_name": "v1.2",
        "name": "Summer",
        "body": "Rounds.",
        "draft": False,
        "prerelease": True,
        "target_commitish": HEAD,
        "author": ANN,
        "created_at": stamp(1),
        "published_at": stamp(2),
        "html_url": f"{PAGE}/releases/tag/v1.2",
    }
    return item | values


def test_every_field_of_a_release_arrives() -> None:
    assert rest.release_part(release()) == ReleasePart(
        id="51",
        tag="v1.2",
        name="Summer",
        text="Rounds.",
        author=person("ann"),
        published_at=hour(2),
        revision=HEAD,
        prerelease=True,
        url=f"{PAGE}/releases/tag/v1.2",
    )


@pytest.mark.parametrize("values", [{"draft": True}, {"published_at": None}])
def test_a_draft_is_no_release(values: Any) -> None:
    assert rest.release_part(release(**values)) is None


@pytest.mark.parametrize("target", ["main", "", None, HEAD[:-1], HEAD.upper()])
def test_a_branch_that_a_release_names_is_no_commit(target: Any) -> None:
    part = rest.release_part(release(target_commitish=target, name="", body=None))
    assert part is not None and (part.revision, part.name, part.text) == (None, None, "")
