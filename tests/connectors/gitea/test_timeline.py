"""Timelines: from Gitea's rows to comments, pushes, events and links."""

from __future__ import annotations

import json
from typing import Any

from cooldown_connectors.forge.parts import CommentPart, EventPart, LinkPart, PushPart
from cooldown_connectors.gitea.timeline import timeline_parts

from fake_gitea import commit, user


def row(kind: str, number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "user": user("bo", 8),
        "body": "",
        "created_at": f"2026-03-01T12:{number:02d}:00Z",
        "updated_at": f"2026-03-01T12:{number:02d}:00Z",
        "label": None,
        "milestone": None,
        "assignee": None,
        "ref_issue": None,
        **fields,
    }


def events(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    parts = timeline_parts(rows, "request:12", "acme/payments")
    return [(part.event.kind, part.event.detail) for part in parts if isinstance(part, EventPart)]


def push(number: int, *commits: str, forced: bool = False) -> dict[str, Any]:
    return row("pull_push", number, body=json.dumps({"is_force_push": forced, "commit_ids": list(commits)}))


def test_events() -> None:
    assert events(
        row("label", 1, body="1", label={"name": "bug"}),
        row("label", 2, body="", label={"name": "bug"}),
        row("milestone", 3, milestone={"title": "2.1"}, old_milestone={"title": "2.0"}),
        row("milestone", 4, milestone=None, old_milestone={"title": "2.1"}),
        row("assignees", 5, assignee=user("ana")),
        row("assignees", 6, assignee=user("ana"), removed_assignee=True),
        row("change_title", 7, old_title="a", new_title="b"),
        row("change_target_branch", 8, old_ref="main", new_ref="release"),
        row("review_request", 9, assignee=user("cy")),
        row("review_request", 10, assignee=None, assignee_team={"name": "core"}),
        row("review_request", 11, assignee=user("cy"), removed_assignee=True),
        row("dismiss_review", 12, body="outdated", review_id=40),
        row("commit_ref", 13, ref_commit_sha=commit(5), body='<a href="…">fix</a>'),
        row("lock", 14, body="Too heated"),
        row("unlock", 15),
        row("close", 16),
        row("reopen", 17),
        row("merge_pull", 18, ref_commit_sha=commit(9)),
    ) == [
        ("labelled", "bug"),
        ("unlabelled", "bug"),
        ("demilestoned", "2.0"),
        ("milestoned", "2.1"),
        ("demilestoned", "2.1"),
        ("assigned", "ana"),
        ("unassigned", "ana"),
        ("renamed", "b"),
        ("state", "target release"),
        ("review_requested", "cy"),
        ("review_requested", "core"),
        ("review_dismissed", "outdated"),
        ("referenced", commit(5)),
        ("locked", "Too heated"),
        ("unlocked", ""),
        ("closed", ""),
        ("reopened", ""),
        ("merged", commit(9)),
    ]


def test_what_says_nothing_about_code_is_left() -> None:
    kinds = (
        "start_tracking",
        "project",
        "pin",
        "added_deadline",
        "delete_branch",
        "review",
        "code",
        "from the future",
    )
    assert timeline_parts([row(kind, number) for number, kind in enumerate(kinds)], "issue:3", "a/b") == []


def test_a_label_that_was_deleted_makes_no_event() -> None:
    assert events(row("label", body="1", label=None)) == []


def test_two_events_of_one_row_have_ids_of_their_own() -> None:
    parts = timeline_parts(
        [row("milestone", 3, milestone={"title": "2"}, old_milestone={"title": "1"})], "issue:3", "a/b"
    )
    assert [part.key for part in parts] == ["3", "3-1"]


def test_pushes_name_their_commits_oldest_first_and_the_head_before() -> None:
    first, second, forced, after = timeline_parts(
        [
            push(1, commit(1), commit(2)),
            push(2, commit(3)),
            push(3, commit(3), commit(8), forced=True),
            push(4, commit(9)),
        ],
        "request:12",
        "acme/payments",
    )
    assert isinstance(first, PushPart)
    assert (first.head, first.before, first.commits, first.forced) == (
        commit(2),
        None,
        [commit(1), commit(2)],
        False,
    )
    assert isinstance(second, PushPart)
    assert (second.head, second.before) == (commit(3), commit(2))
    assert isinstance(forced, PushPart)
    assert (forced.head, forced.before, forced.forced, forced.commits) == (commit(8), commit(3), True, [])
    assert isinstance(after, PushPart)
    assert (after.head, after.before) == (commit(9), commit(8))
    assert after.pusher is not None
    assert after.pusher.login == "bo"


def test_a_push_that_cannot_be_read_leaves_the_rest() -> None:
    bodies = ("", "{", "[]", "null", '{"commit_ids": null}', '{"commit_ids": [1]}', '{"commit_ids": []}')
    rows = [row("pull_push", number, body=body) for number, body in enumerate(bodies)]
    parts = timeline_parts([*rows, row("comment", 20, body="Yes")], "request:12", "a/b")
    assert [type(part) for part in parts] == [CommentPart]


def referring(number: int, repository: str, *, pull: bool, action: str = "none") -> dict[str, Any]:
    issue = {
        "number": number,
        "title": "The other",
        "html_url": f"https://git.acme.example/{repository}/x/{number}",
        "repository": {"full_name": repository},
        "pull_request": {"merged": False} if pull else None,
    }
    return row("pull_ref" if pull else "issue_ref", 5, ref_issue=issue, ref_action=action)


def test_a_request_that_closes_an_issue_is_linked_in_both_directions() -> None:
    parts = timeline_parts(
        [referring(12, "acme/payments", pull=True, action="closes")], "issue:3", "acme/payments"
    )
    links = [
        (part.of, part.link.relation, part.link.key, part.link.kind)
        for part in parts
        if isinstance(part, LinkPart)
    ]
    assert links == [
        ("issue:3", "closed_by", "acme/payments#12", "pull_request"),
        ("request:12", "closes", "acme/payments#3", "issue"),
    ]
    assert [part.event.detail for part in parts if isinstance(part, EventPart)] == ["acme/payments#12"]


def test_a_request_elsewhere_that_closes_an_issue_is_linked_from_the_issue_alone() -> None:
    parts = timeline_parts([referring(4, "acme/web", pull=True, action="closes")], "issue:3", "acme/payments")
    assert [(part.of, part.link.key) for part in parts if isinstance(part, LinkPart)] == [
        ("issue:3", "acme/web#4")
    ]


def test_other_references_are_mentions() -> None:
    for pull in (False, True):
        parts = timeline_parts([referring(4, "acme/web", pull=pull)], "request:12", "acme/payments")
        [link] = [part.link for part in parts if isinstance(part, LinkPart)]
        assert (link.relation, link.kind) == ("mentioned_by", "pull_request" if pull else "issue")


def test_rows_of_any_shape_stop_nothing() -> None:
    kinds = (
        "comment",
        "pull_push",
        "label",
        "issue_ref",
        "pull_ref",
        "milestone",
        "assignees",
        "commit_ref",
        "close",
    )
    for kind in kinds:
        for value in (None, 7, "text", [], {}, [None]):
            broken = {name: value for name in row(kind) if name != "type"} | {"type": kind}
            timeline_parts([broken, {}], "issue:3", "a/b")
