"""The GraphQL documents: each is one that GitHub's own schema allows, and what does not come with a page is asked for to its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.github import GitHubConnector, documents
from cooldown_connectors.github.asking import NODE_PAGE
from graphql import execute_sync, parse

from cooldown_kit.records import Discussion, Issue, PullRequest
from fake_forge.github import GitHubFront, _connection, stamp
from fake_forge.github import _thread as _thread_node
from fake_forge.harvesting import harvest
from fake_forge.server import Asked, FakeForge, Told
from fake_forge.world import Note, Push, ReviewOf, Thing, ThreadOf, World
from forge_testing.schemas.github_graphql import check_graphql, nodes, schema

IN: dict[str, Any] = {"owner": "acme", "name": "payments"}
MANY_REVIEWS, MANY_THREADS, MANY_COMMENTS, MANY_PUSHES = 120, 130, 230, 150
LONG_THREAD = 140


def _rest_of() -> list[tuple[str, str]]:
    return [
        *(("pullRequest", connection) for connection in documents.OF_REQUEST),
        *(("issue", connection) for connection in documents.OF_ISSUE),
    ]


DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "requests": (documents.REQUEST_LIST, {**IN, "first": documents.REQUESTS, "after": None}),
    "issues": (documents.ISSUE_LIST, {**IN, "first": documents.ISSUES, "after": "x"}),
    "discussions": (documents.DISCUSSION_LIST, {**IN, "first": documents.DISCUSSIONS}),
    "one request": (documents.ONE_REQUEST, {**IN, "number": 1}),
    "one issue": (documents.ONE_ISSUE, {**IN, "number": 1}),
    "replies": (documents.REPLIES, {"id": "DC_1", "after": "x"}),
    "comments of a thread": (documents.THREAD_COMMENTS, {"id": "PRRT_1", "after": "x"}),
    "comments of a discussion": (documents.DISCUSSION_COMMENTS, {**IN, "number": 1, "after": "x"}),
    "counts": (documents.COUNTS, IN),
    "changed": (documents.CHANGED, {"query": "repo:acme/payments is:pr updated:>=2026-01-01T00:00:00Z"}),
    **{
        f"numbers of {name}": (documents.numbers(name), {**IN, "first": NODE_PAGE})
        for name in ("pullRequests", "issues", "discussions")
    },
    **{
        f"rest of {connection} of {thing}": (
            documents.rest_of(thing, connection),
            {**IN, "number": 1, "after": "x"},
        )
        for thing, connection in _rest_of()
    },
}


@pytest.mark.parametrize(("document", "variables"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_each_document_is_valid_and_far_below_the_limit_of_nodes(
    document: str, variables: dict[str, Any]
) -> None:
    body = {"query": document, "variables": variables}
    check_graphql(body)
    assert nodes(body) < 100_000


def test_no_document_is_left_out_of_the_check() -> None:
    whole = {
        value
        for name, value in vars(documents).items()
        if name.isupper() and not name.startswith("_") and isinstance(value, str)
    }
    assert whole == {document for document, _ in DOCUMENTS.values()} & whole
    assert len(whole) == 10


def test_a_page_of_requests_costs_what_the_plan_says() -> None:
    """GitHub's rule: requests that the connections would take, divided by 100."""
    connections = len(documents.OF_REQUEST)
    assert (
        round((1 + documents.REQUESTS * (connections + 50)) / 100) == 14
    )  # 50 threads have comments of their own


# What does not come along


class CrowdedFront(GitHubFront):
    """Also answers for the replies of one comment, and shows issues that were labelled over and over."""

    relabelled = 0

    def _graphql(self, asked: Asked) -> Told:
        if asked.body["query"] not in (documents.REPLIES, documents.THREAD_COMMENTS):
            return super()._graphql(asked)
        check_graphql(asked.body)
        found = self._node(asked, asked.body["variables"]["id"])
        root = {
            "rateLimit": {"cost": 1, "remaining": 4000, "resetAt": stamp(self.world.now)},
            "node": found,
        }
        query = parse(asked.body["query"])
        result = execute_sync(schema(), query, root, variable_values=asked.body["variables"])
        assert not result.errors, result.errors
        return Told({"data": result.data})

    def _node(self, asked: Asked, name: str) -> dict[str, Any]:
        for request in self.world.requests.values():
            for thread in request.threads:
                if name == f"T{thread.id}":
                    return {"__typename": "PullRequestReviewThread", **_thread_node(thread)}
        for one in self.world.discussions.values():
            listed = self._node_discussion(asked, one)["comments"](None, first=1000)
            for comment in listed["nodes"]:
                if comment["id"] == name:
                    return {"__typename": "DiscussionComment", **comment}
        raise AssertionError(name)

    def _node_issue(self, asked: Asked, one: Thing) -> dict[str, Any]:
        node = super()._node_issue(asked, one)
        ends = node["timelineItems"](None)["nodes"]
        labelled = [
            {
                "__typename": "LabeledEvent",
                "id": f"label{one.number}-{number}",
                "createdAt": stamp(one.created),
                "actor": None,
                "label": {"name": f"label {number}"},
            }
            for number in range(self.relabelled)
        ]
        return node | {"timelineItems": _paged([*labelled, *ends])}


def _paged(items: list[Any]) -> Any:
    return _connection(items)


def _crowded() -> tuple[World, Thing, Thing]:
    """A world with one request of which nothing fits a page, and one issue that many requests close."""
    world = World.generate(21, requests=0, issues=14, discussions=0, releases=0)
    one = world.open_request()
    one.notes, one.reviews, one.threads, one.closes = [], [], [], sorted(world.issues)
    one.labels = [f"label {number:02}" for number in range(45)]
    one.pushes = [Push(world.next_id(), one.head, None, one.created, world.people[0], False)]
    for _ in range(MANY_PUSHES - 1):
        before, one.head = one.head, world.commit()
        one.pushes.append(Push(world.next_id(), one.head, before, world.tick(), world.people[0], True))
    for _ in range(MANY_COMMENTS):
        world.comment(one)
    for _ in range(MANY_REVIEWS):
        at = world.tick()
        one.reviews.append(ReviewOf(world.next_id(), world.people[1], "commented", "Hm.", at, one.head))
    for number in range(MANY_THREADS):
        one.threads.append(_thread(world, one, LONG_THREAD if number == 60 else 1, resolved=number % 3 == 0))
    one.updated = world.tick()
    issue = world.issues[min(world.issues)]
    for _ in range(120):
        world.comment(issue)
    for _ in range(24):
        other = world.open_request()
        other.closes = [issue.number]
    return world, one, issue


def _thread(world: World, one: Thing, many: int, *, resolved: bool) -> ThreadOf:
    at = world.tick()
    thread = ThreadOf(
        world.next_id(), "src/ledger.py", 3, 3, one.head, one.reviews[0].id, resolved, world.people[1]
    )
    first = Note(world.next_id(), world.people[1], world.words(), at, at)
    thread.notes.append(first)
    for _ in range(many - 1):
        later = world.tick()
        thread.notes.append(Note(world.next_id(), world.people[2], world.words(), later, later, first.id))
    return thread


def test_whatever_a_request_has_more_of_than_fits_a_page_is_followed_to_its_end(tmp_path: Path) -> None:
    world, one, issue = _crowded()
    front = CrowdedFront(world)
    front.relabelled = 130
    with FakeForge(front) as fake:
        found = harvest(GitHubConnector(), fake.url, tmp_path, take=["pull_requests", "issues"])
    record = next(r for r in found.records if isinstance(r, PullRequest) and r.number == one.number)
    assert record.labels == one.labels
    assert [c.text for c in record.comments] == [note.text for note in one.notes]
    assert [r.id for r in record.reviews] == [str(review.id) for review in one.reviews]
    assert len(record.threads) == MANY_THREADS
    assert {len(t.comments) for t in record.threads} == {1, LONG_THREAD}
    assert sum(bool(t.resolved) for t in record.threads) == sum(t.resolved for t in one.threads)
    assert [r.head for r in record.rounds] == [push.head for push in one.pushes]
    assert len([link for link in record.linked if link.relation == "closes"]) == len(one.closes)
    about = next(r for r in found.records if isinstance(r, Issue) and r.number == issue.number)
    assert [c.text for c in about.comments] == [note.text for note in issue.notes]
    assert [e.detail for e in about.timeline if e.kind == "labelled"] == [f"label {n}" for n in range(130)]
    assert len([link for link in about.linked if link.relation == "closed_by"]) == 25


def test_what_is_deleted_beyond_the_first_page_is_missed_too(tmp_path: Path) -> None:
    world, one, _ = _crowded()
    front = CrowdedFront(world)
    with FakeForge(front) as fake:
        harvest(GitHubConnector(), fake.url, tmp_path, take=["pull_requests"])
        del one.notes[200], one.reviews[100], one.threads[110]
        one.updated = world.tick()
        found = harvest(GitHubConnector(), fake.url, tmp_path, take=["pull_requests"])
    record = next(r for r in found.records if isinstance(r, PullRequest) and r.number == one.number)
    assert [c.text for c in record.comments] == [note.text for note in one.notes]
    assert [r.id for r in record.reviews] == [str(review.id) for review in one.reviews]
    assert [t.comments[0].text for t in record.threads] == [t.notes[0].text for t in one.threads]


def test_a_long_discussion_is_followed_to_its_last_reply(tmp_path: Path) -> None:
    world = World(22)
    one = world.open_discussion()
    one.notes, one.answer = [], None
    for number in range(120):
        top = world.comment(one)
        for _ in range(140 if number == 70 else number % 2):
            world.comment(one, reply_to=top.id)
    with FakeForge(CrowdedFront(world)) as fake:
        found = harvest(GitHubConnector(), fake.url, tmp_path, take=["discussions"])
    (record,) = (r for r in found.records if isinstance(r, Discussion))
    assert [c.text for c in record.comments] == [note.text for note in one.notes]
    assert {c.id: c.reply_to for c in record.comments} == {
        f"D{n.id}": None if n.reply_to is None else f"D{n.reply_to}" for n in one.notes
    }


@pytest.mark.parametrize(("first", "second"), [(3, 0), (1, 0), (2, 1)])
def test_releases_that_were_deleted_are_gone_from_the_records(
    tmp_path: Path, first: int, second: int
) -> None:
    world = World.generate(23, requests=1, issues=0, discussions=0, releases=first)
    with FakeForge(GitHubFront(world)) as fake:
        before = harvest(GitHubConnector(), fake.url, tmp_path, take=["releases"])
        assert len(before.records) == first
        while len(world.releases) > second:
            world.releases.popitem()
        after = harvest(GitHubConnector(), fake.url, tmp_path, take=["releases"])
    assert len(after.records) == second
