"""Which pull requests are looked into, and what is known of each afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from cooldown_connectors.azure_devops.people import person
from cooldown_connectors.azure_devops.requests import request_details, request_pages
from cooldown_connectors.forge.parts import LinkPart, PushPart, RequestPart, ReviewPart
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Link

START = datetime(2026, 3, 1, tzinfo=UTC)


def day(number: float) -> str:
    return (START + timedelta(days=number)).isoformat().replace("+00:00", "Z")


def read(session, cursor=None):
    """Key → stamp of everything to look into, and the cursor as the store gives it back."""
    found = {}
    for page in request_pages(session, cursor):
        assert page.parts == []
        found.update({todo.key: todo.stamp for todo in page.todo})
        cursor = json.loads(json.dumps(page.cursor))
    return found, cursor


def paths(session) -> list[str]:
    return [path.rpartition("/pullrequests")[2] for path, _ in session.asked]


def test_the_first_reading_finds_every_request_and_later_ones_only_open_and_lately_closed_ones(made):
    session = made.Azure()
    session.requests = [
        made.request(1),
        made.completed(2, day(3)),
        made.completed(3, day(40), status="abandoned"),
        made.completed(4, day(42)),
    ]
    found, cursor = read(session)
    assert set(found) == {"1", "2", "3", "4"}
    assert cursor == {"since": "2026-04-12T00:00:00.000Z"}
    again, later = read(session, cursor)
    assert set(again) == {"1", "3", "4"}
    assert later == cursor
    assert again["1"] != found["1"]  # who knows what was said in the meantime
    session.requests[0] = made.completed(1, day(60))
    last, cursor = read(session, later)
    assert set(last) == {"1", "3", "4"}
    assert cursor == {"since": "2026-04-30T00:00:00.000Z"}
    final, _ = read(session, cursor)
    assert set(final) == {"1"}


def test_what_was_read_once_needs_nothing_again_where_a_reading_is_resumed(made):
    session = made.Azure()
    session.requests = [made.request(n) for n in range(250)]
    pages = list(request_pages(session, None))
    assert [len(page.todo) for page in pages] == [100, 100, 50]
    assert pages[0].cursor == {"since": "2026-03-01T08:00:00.123Z", "skip": 100}
    rest, cursor = read(session, pages[0].cursor)
    assert len(rest) == 150
    assert rest["3"] == next(todo.stamp for todo in pages[2].todo if todo.key == "3")
    assert "skip" not in cursor


def test_only_what_was_closed_since_the_given_time_or_is_open_is_looked_into(made):
    session = made.Azure()
    session.requests = [made.request(1), made.completed(2, day(3)), made.completed(3, day(40))]
    session.since = START + timedelta(days=39)
    found, cursor = read(session)
    assert set(found) == {"1", "3"}
    again, _ = read(session, cursor)
    assert set(again) == {"1", "3"}


def test_servers_that_do_not_know_times_give_the_same(made):
    session = made.Azure()
    session.knows_times = False
    session.requests = [made.request(1), made.completed(2, day(3)), made.completed(3, day(40))]
    found, _ = read(session, {"since": day(41)})
    assert set(found) == {"1", "3"}


def test_a_repository_without_requests_is_read_again_from_the_start(made):
    session = made.Azure()
    assert read(session) == ({}, None)
    session.requests = [made.request(1)]
    assert set(read(session)[0]) == {"1"}


@given(
    states=st.lists(st.sampled_from(["active", "completed", "abandoned"]), min_size=1, max_size=230),
    closings=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 229)), max_size=8),
    new=st.lists(st.integers(0, 12), max_size=4),
    kill=st.integers(0, 6),
)
def test_no_request_is_missed_whatever_is_opened_and_closed_while_one_reads(
    made, states, closings, new, kill
):
    """Everything is found by the first reading or by the one after it, and in the state that it ends in."""
    session = made.Azure()
    session.requests = [
        made.request(n, status=state, closedDate=None if state == "active" else day(-n))
        for n, state in enumerate(states)
    ]
    seen = {}

    def happen(call: int) -> None:
        for when, which in closings:
            item = session.requests[which % len(states)]
            if when == call and item["status"] == "active":
                item.update(status="completed", closedDate=day(100 + call))
        if call in new:
            session.requests.append(made.request(1000 + call, creationDate=day(100 + call)))

    def look(page) -> None:
        by_number = {str(item["pullRequestId"]): item["status"] for item in session.requests}
        seen.update({todo.key: by_number[todo.key] for todo in page.todo})

    session.before = happen
    cursor = None
    for number, page in enumerate(request_pages(session, None)):
        look(page)
        cursor = json.loads(json.dumps(page.cursor))
        if number == kill:
            break
    for _ in range(2):
        for page in request_pages(session, cursor):
            look(page)
            cursor = json.loads(json.dumps(page.cursor))
        session.before = lambda call: None
    for page in request_pages(session, cursor):
        look(page)
    assert seen == {str(item["pullRequestId"]): item["status"] for item in session.requests}


def test_a_quiet_request_costs_two_calls(made):
    session = made.Azure()
    session.requests = [made.request(5)]
    (part,) = request_details(session, "5").parts
    assert paths(session) == ["/5", "/5/threads"]
    assert session.asked[0][1]["includeWorkItemRefs"] is True
    assert part == RequestPart(
        number=5,
        title="Request 5",
        text="What it does",
        author=person(made.ann),
        state="open",
        created_at=datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC),
        updated_at=datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC),
        target="main",
        branch="users/ann/topic-5",
        base="b" * 40,
        head=f"{5:040x}",
        url="https://dev.azure.com/acme/Pay%20Roll/_git/ledger/pullrequest/5",
    )


def test_a_merged_and_an_abandoned_request_say_when_and_by_whom(made):
    session = made.Azure()
    session.requests = [
        made.completed(5, day(3), labels=[{"id": "x", "name": "bug", "active": True}, {}]),
        made.completed(6, day(3), status="abandoned", isDraft=True),
    ]
    merged = request_details(session, "5").parts[0]
    assert (merged.state, merged.closed_at, merged.merged_at) == (
        "merged",
        START + timedelta(3),
        START + timedelta(3),
    )
    assert (merged.merged_in, merged.closed_by, merged.labels) == ("c" * 40, person(made.ben), ["bug"])
    closed = request_details(session, "6").parts[0]
    assert (closed.state, closed.merged_at, closed.merged_in, closed.draft) == ("closed", None, None, True)
    assert (closed.closed_at, closed.closed_by) == (START + timedelta(3), person(made.ben))


def test_everything_about_a_request_comes_as_one_page(made):
    session = made.Azure()
    session.requests = [
        made.request(
            5,
            description=f"For @<{made.ann_id.upper()}>",
            reviewers=[
                {**made.ben, "vote": 10, "isRequired": True},
                {**made.ann, "vote": -5},
                {"displayName": "Core team", "id": "9", "vote": 10, "isContainer": True},
                {"displayName": "Cy", "uniqueName": "cy@acme.example", "id": "8", "vote": 0},
            ],
            workItemRefs=[
                {"id": "412", "url": "https://dev.azure.com/acme/_apis/wit/workItems/412"},
                {"id": "x"},
            ],
        )
    ]
    session.threads[5] = [
        made.on_code(41, made.comment(1, "Off by one"), lastUpdatedDate="2026-03-04T08:00:00Z"),
        made.told(50, "VoteUpdate", "Ben Bo voted 10", made.ben, CodeReviewVoteResult="10", CodeReviewVotedByIdentity="1"),
    ]  # fmt: skip
    session.iterations[5] = [made.iteration(1, "1" * 40), made.iteration(2, "2" * 40)]
    page = request_details(session, "5")
    assert paths(session) == ["/5", "/5/threads", "/5/iterations"]
    assert [part.kind for part in page.parts] == [
        "request",
        "review_comment",
        "thread",
        "review",
        "push",
        "push",
        "review",
        "link",
    ]
    assert page.parts[0].text == "For @ann@acme.example"
    assert page.parts[0].updated_at == datetime(2026, 3, 4, 8, tzinfo=UTC)
    reviews = [part.review for part in page.parts if isinstance(part, ReviewPart)]
    assert [(one.id, one.state) for one in reviews] == [
        ("50", "approved"),
        (f"vote-{made.ann_id}", "changes_requested"),
    ]
    assert [part.head for part in page.parts if isinstance(part, PushPart)] == ["1" * 40, "2" * 40]
    (link,) = [part.link for part in page.parts if isinstance(part, LinkPart)]
    assert link == Link(
        key="acme/Pay%20Roll/ledger#412",
        relation="closes",
        kind="issue",
        url="https://dev.azure.com/acme/Pay%20Roll/_workitems/edit/412",
    )
    assert {of for _, of in page.whole} == {"request:5"}
    assert ("review_comment", "request:5") in page.whole


@pytest.mark.parametrize(
    "gap", [{}, {"createdBy": None, "description": None, "reviewers": None, "labels": None}]
)
def test_everything_that_may_be_missing_may_be_missing(made, gap):
    session = made.Azure()
    session.requests = [{"pullRequestId": 5, **gap}]
    (part,) = request_details(session, "5").parts
    assert (part.title, part.text, part.author, part.state) == ("", "", None, "open")
