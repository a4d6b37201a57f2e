"""GitLab's streams, details and counts: nothing is missed, nothing is asked for in vain."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cooldown_connectors.forge.parts import (
    CommentPart,
    EventPart,
    IssuePart,
    LinkPart,
    PushPart,
    ReviewCommentPart,
    ReviewPart,
    ThreadPart,
)
from cooldown_connectors.forge.protocol import Census, Details, Gone, Stream
from cooldown_connectors.gitlab.forge import GitLab
from cooldown_connectors.http.errors import NotFound, Refused
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 3, 1, tzinfo=UTC)


def time(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stream(session, name: str) -> Stream:
    return next(s for s in GitLab().streams(session) if s.name == name and isinstance(s, Stream))


def details(session, name: str) -> Details:
    return next(s for s in GitLab().streams(session) if s.name == name and isinstance(s, Details))


def census(session, kind: str) -> Census:
    return next(c for c in GitLab().census(session) if c.kind == kind)


def read(session, name: str, cursor=None):
    """All pages, with each cursor written and read as the store does it."""
    pages = list(stream(session, name).pages(session, cursor))
    return pages, json.loads(json.dumps(pages[-1].cursor))


def asked(session) -> list[str]:
    return [path for path, _ in session.asked]


def test_the_address_of_the_api_and_the_parts_of_a_name():
    forge = GitLab()
    assert forge.api("https://git.acme.example/gitlab") == "https://git.acme.example/gitlab/api/v4"
    assert forge.split("acme/pay/core/ledger") == ("acme/pay/core", "ledger")
    for wrong in ("ledger", "/ledger", "acme//ledger"):
        with pytest.raises(ValueError, match="group/project"):
            forge.split(wrong)


def test_each_kind_of_token_has_its_header():
    headers = GitLab.access.headers
    assert headers("glpat-abc") == {"PRIVATE-TOKEN": "glpat-abc"}
    assert headers("acme-prefix-abc") == {"PRIVATE-TOKEN": "acme-prefix-abc"}
    assert headers("glcbt-64_abc") == {"JOB-TOKEN": "glcbt-64_abc"}
    assert headers("0f" * 32) == {"Authorization": "Bearer " + "0f" * 32}


def test_facts_come_from_one_call(made):
    session = made.GitLab()
    session.things[""] = {
        "path_with_namespace": "acme/pay/ledger-2",
        "http_url_to_repo": "https://git.acme.example/acme/pay/ledger-2.git",
        "default_branch": "main",
        "web_url": "https://git.acme.example/acme/pay/ledger-2",
        "visibility": "internal",
    }
    facts = GitLab().facts(session)
    assert (facts.name, facts.default_branch, facts.private) == ("acme/pay/ledger-2", "main", True)
    assert facts.clone_url == "https://git.acme.example/acme/pay/ledger-2.git"
    assert len(session.asked) == 1
    session.things[""] = {"visibility": None, "default_branch": None}  # an empty repository
    bare = GitLab().facts(session)
    assert (bare.name, bare.default_branch, bare.private) == ("acme/pay/ledger", None, None)
    assert bare.clone_url == "https://git.acme.example/acme/pay/ledger.git"


def test_what_was_not_changed_is_not_read_again(made):
    session = made.GitLab(page_size=2)
    session.lists["merge_requests"] = [made.request(n, updated_at=time(10 * n)) for n in range(1, 8)]
    pages, cursor = read(session, "requests")
    assert {part.number for page in pages for part in page.parts} == set(range(1, 8))
    session.lists["merge_requests"][2]["updated_at"] = time(200)
    session.asked.clear()
    pages, _ = read(session, "requests", cursor)
    assert {part.number for page in pages for part in page.parts} == {3, 7}
    assert len(session.asked) <= 2


def test_only_what_changed_since_the_given_time_is_read(made):
    session = made.GitLab()
    session.lists["issues"] = [made.issue(n, updated_at=time(10 * n)) for n in range(1, 8)]
    session.since = START + timedelta(minutes=50)
    pages, cursor = read(session, "issues")
    assert {part.number for page in pages for part in page.parts} == {5, 6, 7}
    session.since = START + timedelta(minutes=70)  # a later time is kept to, also with an earlier cursor
    pages, _ = read(session, "issues", {"since": time(60)})
    assert {part.number for page in pages for part in page.parts} == {7}
    assert cursor["since"] == time(70)


def test_a_change_that_was_stored_late_is_found_by_the_next_reading(made):
    session = made.GitLab()
    session.lists["issues"] = [made.issue(1, updated_at=time(10))]
    _, cursor = read(session, "issues")
    session.lists["issues"].append(made.issue(2, updated_at=time(9)))  # dated before it could be seen
    pages, _ = read(session, "issues", cursor)
    assert {part.number for page in pages for part in page.parts} == {1, 2}


def test_times_of_a_server_in_another_zone_are_understood(made):
    session = made.GitLab(page_size=1)
    session.lists["merge_requests"] = [
        made.request(1, updated_at="2026-10-25T02:30:00.000+02:00"),  # half an hour before the clocks go back
        made.request(2, updated_at="2026-10-25T02:10:00.000+01:00"),  # 40 minutes later
    ]
    pages, cursor = read(session, "requests")
    assert {part.number for page in pages for part in page.parts} == {1, 2}
    assert cursor["since"] == "2026-10-25T01:10:00.000Z"


@given(
    times=st.lists(st.integers(0, 4), min_size=1, max_size=14),
    moves=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 13)), max_size=6),
    size=st.integers(1, 4),
    kill=st.integers(1, 8),
)
def test_no_request_is_missed_whatever_moves_while_one_reads_and_wherever_one_stops(
    made, times, moves, size, kill
):
    """The state at the end is what a reading of the settled list gives; moves are changes between two questions."""
    session = made.GitLab(page_size=size)
    items = [made.request(n, updated_at=time(minute)) for n, minute in enumerate(times)]
    session.lists["merge_requests"] = items
    changes = {call: items[which % len(items)] for call, which in moves}

    def change(call: int) -> None:
        if (item := changes.pop(call, None)) is not None:
            item.update(updated_at=time(100 + call), title=f"changed {call}")

    session.before = change
    have: dict[int, str] = {}
    cursor = None
    for number, page in enumerate(stream(session, "requests").pages(session, None)):
        have.update({part.number: part.title for part in page.parts})
        cursor = json.loads(json.dumps(page.cursor))
        if number == kill:
            break
    session.before = lambda call: None
    for page in stream(session, "requests").pages(session, cursor):
        have.update({part.number: part.title for part in page.parts})
    assert have == {item["iid"]: item["title"] for item in items}


def test_details_are_asked_for_only_where_the_list_says_that_there_is_something(made):
    session = made.GitLab()
    session.lists["merge_requests"] = [
        made.request(1),
        made.request(2, user_notes_count=3, state="merged", description="just so"),
        made.request(3, reviewers=[made.ben], state="merged", labels=["bug"], description="Closes #4"),
        made.request(4, user_notes_count=1),
    ]
    session.lists["issues"] = [
        made.issue(1),
        made.issue(2, user_notes_count=2, labels=["bug"], merge_requests_count=1),
        made.issue(3, merge_requests_count=2),
        made.issue(4, moved_to_id=9),
    ]
    pages, _ = read(session, "requests")
    assert [todo.key for page in pages for todo in page.todo] == [
        "2 discussions",
        "3 discussions approvals closes labels",
        "4 discussions states",
    ]
    assert {todo.stamp for page in pages for todo in page.todo} == {"2026-03-02T08:00:00.000Z"}
    assert ("review_comment", "request:1") in pages[0].whole  # all notes that there were were deleted
    pages, _ = read(session, "issues")
    assert [todo.key for page in pages for todo in page.todo] == [
        "2 discussions states labels requests",
        "3 requests",
        "4 discussions states",
    ]


def test_everything_about_a_request_comes_as_one_page(made):
    session = made.GitLab(page_size=2)
    position = made.position()
    session.things = {
        "merge_requests/1/discussions": [
            made.discussion("d1", made.note(1, "added 3 commits", system=True)),
            made.discussion("d2", made.note(2, "Nice")),
            made.discussion("d3", made.note(3, "Off by one", type="DiffNote", resolvable=True, resolved=False, position=position)),
            made.discussion("d4", made.note(4, "for staff only", internal=True)),
            made.discussion("d5", made.note(5, "requested review from @ben", system=True)),
        ],
        "merge_requests/1/versions": [
            {"id": 12, "head_commit_sha": "4" * 40, "base_commit_sha": "b" * 40, "created_at": time(20)},
            {"id": 11, "head_commit_sha": "3" * 40, "base_commit_sha": "b" * 40, "created_at": time(10)},
        ],
        "merge_requests/1/approvals": {"approved_by": [{"user": made.ben, "approved_at": time(30)}]},
        "merge_requests/1/closes_issues": [made.issue(4)],
        "merge_requests/1/resource_label_events": [
            {"id": 1, "user": made.ann, "created_at": time(1), "action": "add", "label": {"name": "bug"}}
        ],
        "merge_requests/1/resource_state_events": [
            {"id": 1, "user": made.ann, "created_at": time(1), "state": "reopened"}
        ],
    }  # fmt: skip
    page = details(session, "request details").fetch(session, "1 discussions approvals closes labels states")
    kinds = [type(part) for part in page.parts]
    assert kinds.count(CommentPart) == kinds.count(ReviewCommentPart) == kinds.count(ThreadPart) == 1
    assert kinds.count(PushPart) == 2
    assert kinds.count(ReviewPart) == kinds.count(LinkPart) == 1
    events = [part.event.kind for part in page.parts if isinstance(part, EventPart)]
    assert events == ["review_requested", "reopened", "labelled"]  # the versions tell of the push
    assert page.gone == [Gone("comment", "4", "hidden")]
    assert {of for _, of in page.whole} == {"request:1"}
    assert {kind for kind, _ in page.whole} == {
        "comment",
        "review_comment",
        "thread",
        "review",
        "push",
        "event",
        "link",
    }
    assert len({(part.kind, part.key) for part in page.parts}) == len(page.parts)


def test_versions_and_approvals_are_not_asked_for_where_the_notes_say_it_all(made):
    session = made.GitLab()
    session.things["merge_requests/1/discussions"] = [
        made.discussion("d1", made.note(1, "approved this merge request", system=True)),
        made.discussion("d2", made.note(2, "added 1 commit", system=True)),
    ]
    page = details(session, "request details").fetch(session, "1 discussions approvals")
    assert asked(session) == ["merge_requests/1/discussions"]
    assert [part.kind for part in page.parts] == ["review", "event"]


def test_approvals_of_an_old_gitlab_get_the_best_time_there_is(made):
    session = made.GitLab()
    session.lists["merge_requests"] = [made.request(1, merged_at=time(70))]
    session.things["merge_requests/1/discussions"] = []
    session.things["merge_requests/1/approvals"] = {"approved_by": [{"user": made.ben}]}
    fetch = details(session, "request details").fetch
    assert fetch(session, "1 discussions approvals").parts[0].review.submitted_at == START + timedelta(
        minutes=70
    )
    session.things["merge_requests/1/discussions"] = [
        made.discussion("d", made.note(1, "x", created_at=time(40)))
    ]
    assert fetch(session, "1 discussions approvals").parts[1].review.submitted_at == START + timedelta(
        minutes=40
    )
    session.things["merge_requests/1/approvals"]["updated_at"] = time(50)
    assert fetch(session, "1 discussions approvals").parts[1].review.submitted_at == START + timedelta(
        minutes=50
    )


def test_what_this_gitlab_has_not_got_does_not_keep_the_rest_away(made):
    session = made.GitLab()
    session.things["merge_requests/1/discussions"] = [made.discussion("d", made.note(1, "x"))]
    session.refused = {f"merge_requests/1/{name}" for name in ("approvals", "resource_state_events")}
    page = details(session, "request details").fetch(session, "1 discussions approvals closes labels states")
    assert [part.kind for part in page.parts] == ["comment"]
    session.refusal = 401  # the token has expired: nothing may pass for empty
    with pytest.raises(Refused):
        details(session, "request details").fetch(session, "1 discussions approvals")
    with pytest.raises(NotFound):  # without its discussions a request is not read
        details(session, "request details").fetch(session, "2 discussions")


def test_everything_about_an_issue_comes_as_one_page(made):
    session = made.GitLab()
    session.things = {
        "issues/4/discussions": [
            made.discussion("d1", made.note(1, "Same here")),
            made.discussion("d2", made.note(2, "marked this issue as related to #5", system=True)),
        ],
        "issues/4/links": [made.issue(5, link_type="relates_to")],
        "issues/4/closed_by": [made.request(9)],
        "issues/4/resource_state_events": [
            {"id": 1, "user": made.ann, "created_at": time(1), "state": "closed"}
        ],
    }
    page = details(session, "issue details").fetch(session, "4 discussions states requests")
    links = {(p.link.relation, p.link.key) for p in page.parts if isinstance(p, LinkPart)}
    assert links == {("related", "acme/pay/ledger#5"), ("closed_by", "acme/pay/ledger#9")}
    assert [kind for kind, _ in page.whole] == ["comment", "event", "link"]
    session.asked.clear()
    details(session, "issue details").fetch(session, "4 requests")
    assert asked(session) == ["issues/4/closed_by"]


def test_confidential_issues_are_not_taken_and_are_counted(made):
    session = made.GitLab()
    session.lists["issues"] = [made.issue(1), made.issue(2, confidential=True, user_notes_count=4)]
    (page,), _ = read(session, "issues")
    assert [part.number for part in page.parts] == [1]
    assert page.gone == [Gone("issue", "2", "hidden")]
    assert page.todo == []
    assert census(session, "issue").count(session) == 1
    assert list(census(session, "issue").keys(session)) == [["1"]]
    assert census(session, "issue").became(session, "2") == Gone("issue", "2", "hidden")


def test_what_was_deleted_is_noticed(made):
    session = made.GitLab(page_size=2)
    session.lists["merge_requests"] = [made.request(n, created_at=time(n)) for n in (1, 3, 4)]
    counted = census(session, "request")
    assert counted.count(session) == 3
    assert {key for keys in counted.keys(session) for key in keys} == {"1", "3", "4"}
    assert counted.became(session, "2") == Gone("request", "2", "deleted")
    assert counted.became(session, "3") is None
    session.lists["releases"] = [{"tag_name": "v1/beta", "created_at": time(1)}]
    releases = census(session, "release")
    assert (releases.count(session), list(releases.keys(session))) == (1, [["v1/beta"]])
    assert releases.became(session, "v0") == Gone("release", "v0", "deleted")
    session.things["releases/v1/beta"] = {}
    assert releases.became(session, "v1/beta") is None


@given(st.lists(st.integers(0, 9000), max_size=60), st.integers(1, 20))
def test_things_are_counted_exactly_where_gitlab_does_not_count_them(made, days, most):
    session = made.GitLab()
    session.most_counted = most
    session.lists["merge_requests"] = [
        made.request(n, created_at=(datetime(2001, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)).isoformat())
        for n, day in enumerate(days)
    ]
    found = census(session, "request").count(session)
    if max((days.count(day) for day in days), default=0) <= most:
        assert found == len(days)
    else:  # more in one day than GitLab counts: it is not guessed
        assert found is None


def test_releases_are_read_all_each_time_and_go_on_where_they_stopped(made):
    session = made.GitLab(page_size=2)
    session.lists["releases"] = [{"tag_name": f"v{n}", "created_at": time(n)} for n in range(5)]
    pages, cursor = read(session, "releases")
    assert [[part.tag for part in page.parts] for page in pages] == [["v0", "v1"], ["v2", "v3"], ["v4"]]
    rest = list(stream(session, "releases").pages(session, pages[0].cursor))
    assert [part.tag for page in rest for part in page.parts] == ["v2", "v3", "v4"]
    again, _ = read(session, "releases", cursor)
    assert sum(len(page.parts) for page in again) == 5


def test_the_plan_counts_lists_exactly_and_estimates_details_from_one_page(made):
    session = made.GitLab()
    session.lists["merge_requests"] = [
        made.request(n, user_notes_count=n % 2, state="merged") for n in range(250)
    ]
    session.lists["issues"] = [made.issue(n) for n in range(40)]
    session.lists["releases"] = [{"tag_name": "v1"}]
    planned = {p.stream: (p.items, p.calls, p.exact) for p in GitLab().plan(session, {})}
    assert planned["requests"] == (250, 3, True)
    assert planned["request details"] == (125, 188, False)
    assert planned["issues"] == (40, 1, True)
    assert planned["issue details"] == (0, 0, False)
    assert planned["releases"] == (1, 1, True)
    assert len(session.asked) == 3
    later = {p.stream: p.items for p in GitLab().plan(session, {"requests": {"since": time(100_000)}})}
    assert later["requests"] == 0


def test_a_plan_of_more_than_gitlab_counts_is_still_right(made):
    session = made.GitLab()
    session.most_counted = 100
    session.takes = frozenset({"pull_requests"})
    session.lists["merge_requests"] = [
        made.request(n, created_at=(START - timedelta(days=n)).isoformat()) for n in range(900)
    ]
    requests, _ = GitLab().plan(session, {})
    assert (requests.items, requests.calls, requests.exact) == (900, 9, True)


def test_the_projects_of_a_group_are_listed_and_those_of_a_user_where_there_is_no_group(made):
    class Projects(made.GitLab):
        def _within(self, path, params):
            self.asked.append((path, dict(params)))
            return path

    session = Projects(page_size=1)
    session.things["/groups/acme%2Fpay/projects"] = [
        {"path_with_namespace": "acme/pay/ledger"},
        {"path_with_namespace": "acme/pay/core/books"},
    ]
    assert list(GitLab().repositories(session)) == ["acme/pay/ledger", "acme/pay/core/books"]
    session.owner = "acme/pay/c*/x"  # the pattern leaves a group open: all below what is named are listed
    assert list(GitLab().repositories(session)) == ["acme/pay/ledger", "acme/pay/core/books"]
    session.things = {"/users/acme%2Fpay/projects": [{"path_with_namespace": "ann/x"}]}
    assert list(GitLab().repositories(session)) == ["ann/x"]


def test_every_part_of_a_page_belongs_to_a_list_of_its_own(made):
    session = made.GitLab()
    session.lists["issues"] = [made.issue(1)]
    (page,), _ = read(session, "issues")
    assert isinstance(page.parts[0], IssuePart)
    for some in GitLab().streams(session):
        assert some.takes <= set(GitLab.takes)
