"""GitLab's JSON becomes parts, whatever of it is missing."""

from __future__ import annotations

from datetime import UTC, datetime

from cooldown_connectors.gitlab.mapping import (
    Place,
    approval_parts,
    issue_part,
    label_events,
    link_parts,
    push_parts,
    release_part,
    request_part,
    state_events,
)

from cooldown_kit.records import Link, Person

PLACE = Place("https://git.acme.example", "acme/pay", "ledger")
ANN = Person(name="Ann Ames", email="", login="ann")
BEN = Person(name="Ben Bo", email="", login="ben")


def at(day: int, hour: int = 8) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def test_an_open_request_is_read_whole(made):
    part = request_part(
        made.request(
            5,
            labels=["bug", "needs review"],
            milestone={"id": 1, "iid": 1, "title": "3.2"},
            draft=True,
            diff_refs={"base_sha": "b" * 40, "start_sha": "5" * 40, "head_sha": "4" * 40},
        )
    )
    assert (part.number, part.title, part.text, part.author) == (5, "Request 5", "What it does", ANN)
    assert (part.state, part.draft, part.created_at, part.updated_at) == ("open", True, at(1), at(2))
    assert (part.target, part.branch, part.head, part.base) == ("main", "topic-5", f"{5:040x}", "b" * 40)
    assert (part.labels, part.milestone) == (["bug", "needs review"], "3.2")
    assert part.url == "https://git.acme.example/acme/pay/ledger/-/merge_requests/5"
    assert (part.closed_at, part.closed_by, part.merged_at, part.merged_in) == (None, None, None, None)


def test_a_merged_request_says_when_by_whom_and_into_which_commit(made):
    merged = {
        "state": "merged",
        "merged_at": "2026-03-02T08:00:00.000Z",
        "merge_user": made.ben,
        "merge_commit_sha": "c" * 40,
        "squash_commit_sha": "d" * 40,
    }
    part = request_part(made.request(5, **merged))
    assert (part.state, part.merged_at, part.closed_at, part.closed_by) == ("merged", at(2), at(2), BEN)
    assert part.merged_in == "c" * 40
    assert request_part(made.request(5, **{**merged, "merge_commit_sha": None})).merged_in == "d" * 40
    fast_forward = {**merged, "merge_commit_sha": None, "squash_commit_sha": None}
    assert request_part(made.request(5, **fast_forward)).merged_in == f"{5:040x}"
    older = request_part(made.request(5, **{**merged, "merge_user": None, "merged_by": made.ann}))
    assert older.closed_by == ANN


def test_a_closed_request_and_one_that_is_just_being_merged(made):
    closed = request_part(
        made.request(5, state="closed", closed_at="2026-03-02T08:00:00.000Z", closed_by=made.ben)
    )
    assert (closed.state, closed.closed_at, closed.closed_by, closed.merged_in) == (
        "closed",
        at(2),
        BEN,
        None,
    )
    # A request that was reopened keeps the time of its last closing in some versions.
    assert request_part(made.request(5, closed_at="2026-03-02T08:00:00.000Z")).closed_at is None
    assert request_part(made.request(5, state="locked")).state == "open"


def test_everything_that_may_be_missing_may_be_missing():
    request = request_part({"iid": 1})
    assert (request.title, request.text, request.author, request.state) == ("", "", None, "open")
    assert request.created_at.year == 1970
    issue = issue_part({"iid": 1, "author": None, "labels": None, "milestone": None, "description": None})
    assert (issue.title, issue.text, issue.author, issue.state, issue.labels) == ("", "", None, "open", [])
    assert request_part({"iid": "1"}) is issue_part({}) is release_part({"name": "x"}) is None


def test_an_issue_is_read_whole(made):
    part = issue_part(
        made.issue(
            4,
            state="closed",
            closed_at="2026-03-02T08:00:00.000Z",
            closed_by=made.ann,
            labels=[{"id": 1, "name": "bug", "color": "#f00"}],
            milestone={"title": "3.2"},
            issue_type="incident",
        )
    )
    assert (part.number, part.state, part.closed_at, part.closed_by) == (4, "closed", at(2), ANN)
    assert (part.type, part.labels, part.milestone, part.reason, part.author) == (
        "incident",
        ["bug"],
        "3.2",
        None,
        BEN,
    )
    assert issue_part(made.issue(4)).type is None


def test_a_moved_and_a_duplicate_issue_say_so(made):
    assert issue_part(made.issue(4, state="closed", moved_to_id=99)).reason == "moved"
    links = {"closed_as_duplicate_of": "https://git.acme.example/api/v4/projects/3/issues/2"}
    assert issue_part(made.issue(4, state="closed", _links=links)).reason == "duplicate"


def test_a_release_names_its_tag_and_commit(made):
    part = release_part(
        {
            "tag_name": "v1.2",
            "name": "Spring",
            "description": "## Fixed\n- rounding",
            "created_at": "2026-03-01T08:00:00.000Z",
            "released_at": "2026-03-02T08:00:00.000Z",
            "author": made.ann,
            "commit": {"id": "c" * 40, "short_id": "cccc"},
            "upcoming_release": False,
            "_links": {"self": "https://git.acme.example/acme/pay/ledger/-/releases/v1.2"},
        }
    )
    assert (part.key, part.tag, part.name, part.text) == ("v1.2", "v1.2", "Spring", "## Fixed\n- rounding")
    assert (part.published_at, part.revision, part.author) == (at(2), "c" * 40, ANN)
    bare = release_part({"tag_name": "v1", "created_at": "2026-03-01T08:00:00.000Z", "commit": None})
    assert (bare.name, bare.text, bare.revision, bare.published_at) == (None, "", None, at(1))


def version(id: int, head: str | None, base: str | None = "b", **changed):
    return {
        "id": id,
        "head_commit_sha": head,
        "base_commit_sha": base,
        "start_commit_sha": "5",
        "created_at": f"2026-03-0{id}T08:00:00.000Z",
        "merge_request_id": 1001,
        "state": "collected",
        "real_size": "1",
        **changed,
    }


def test_versions_become_rounds_oldest_first_and_a_new_target_is_none():
    parts = list(
        push_parts(
            [version(5, None), version(4, "h3", None), version(3, "h2"), version(2, "h2"), version(1, "h1")],
            "request:1",
        )
    )
    assert [(p.id, p.head, p.before, p.base, p.at) for p in parts] == [
        ("1", "h1", None, "b", at(1)),
        ("2", "h2", "h1", "b", at(2)),
        ("4", "h3", "h2", "5", at(4)),
    ]


def test_approvals_have_their_own_time_or_the_one_that_is_given(made):
    approvals = {
        "approved_by": [
            {"user": made.ann, "approved_at": "2026-03-02T08:00:00.000Z"},
            {"user": made.ben},
            "nonsense",
        ]
    }
    reviews = [p.review for p in approval_parts(approvals, "request:1", at(9))]
    assert [(r.id, r.author, r.state, r.submitted_at) for r in reviews] == [
        ("approval-7", ANN, "approved", at(2)),
        ("approval-8", BEN, "approved", at(9)),
    ]
    assert list(approval_parts({}, "request:1", at(9))) == []


def test_state_and_label_events_tell_what_happened(made):
    event = {"id": 3, "user": made.ann, "created_at": "2026-03-02T08:00:00.000Z", "resource_type": "Issue"}
    states = [
        {**event, "state": "closed", "source_commit": None},
        {**event, "id": 4, "state": "reopened"},
        {**event, "id": 5, "state": "locked", "user": None},
    ]
    assert [(p.id, p.event.kind, p.event.detail, p.event.actor) for p in state_events(states, "issue:1")] == [
        ("state-3", "closed", "", ANN),
        ("state-4", "reopened", "", ANN),
        ("state-5", "state", "locked", None),
    ]
    labels = [
        {**event, "action": "add", "label": {"id": 1, "name": "bug"}},
        {**event, "id": 4, "action": "remove", "label": None},
    ]
    assert [(p.id, p.event.kind, p.event.detail) for p in label_events(labels, "issue:1")] == [
        ("label-3", "labelled", "bug"),
        ("label-4", "unlabelled", ""),
    ]


def test_links_name_the_project_they_lead_to_and_other_trackers_by_their_key(made):
    items = [
        made.issue(2, references={"full": "acme/books#2"}),
        made.issue(3, references=None),
        {"id": "PAY-412", "title": "From Jira"},
        {"title": "nothing"},
    ]
    links = [p.link for p in link_parts(items, "request:1", PLACE, "closes")]
    assert [(link.key, link.kind, link.title) for link in links] == [
        ("acme/books#2", "issue", "Issue 2"),
        ("acme/pay/ledger#3", "issue", "Issue 3"),
        ("PAY-412", "issue", "From Jira"),
    ]
    (closed_by,) = [p.link for p in link_parts([made.request(9)], "issue:1", PLACE, "closed_by")]
    assert (closed_by.key, closed_by.kind) == ("acme/pay/ledger#9", "pull_request")


def test_references_in_sentences_are_completed_from_where_they_stand():
    assert PLACE.refer("", "#", "3").key == "acme/pay/ledger#3"
    assert PLACE.refer("books", "#", "3").key == "acme/pay/books#3"
    assert PLACE.refer("x/y/z", "!", "3") == Link(
        key="x/y/z#3",
        relation="mentions",
        kind="pull_request",
        url="https://git.acme.example/x/y/z/-/merge_requests/3",
    )
