"""Our REST questions against a server that others wrote: it refuses what GitHub does not document, and answers GitHub's own examples."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cooldown_connectors.forge.access import forge_client
from cooldown_connectors.forge.parts import Part
from cooldown_connectors.forge.protocol import Stream
from cooldown_connectors.forge.session import ForgeSession
from cooldown_connectors.github import GitHub, GitHubConnector
from cooldown_connectors.github.planning import plan
from cooldown_connectors.github.vanished import became_of_issue, became_of_request

from cooldown_kit.events import ignore
from fake_forge.harvesting import PatientClock, options_of
from forge_testing.fixtures import simulator
from forge_testing.simulator import Simulator

__all__ = ["simulator"]  # a fixture


class AtTheRoot(GitHub):
    """The simulator has the API where api.github.com has it."""

    def api(self, url: str) -> str:
        return url


@pytest.fixture
def session(simulator: Simulator, tmp_path: Any) -> Iterator[ForgeSession]:
    forge = AtTheRoot()
    options = options_of(GitHubConnector(), simulator.url, repository="octocat/Hello-World", token=())
    with forge_client(
        forge, options, folder=tmp_path, emit=ignore, source="forge", clock=PatientClock()
    ) as client:
        yield ForgeSession(client, forge, options, owner="octocat", name="Hello-World")


def parts_of(session: ForgeSession, name: str) -> list[Part]:
    """The parts of the first two pages: the simulator's example is the same for ever, whatever is asked for."""
    (stream,) = (one for one in GitHub().streams(session) if one.name == name)
    assert isinstance(stream, Stream)
    found: list[Part] = []
    for _, page in zip(range(2), stream.pages(session, None), strict=False):
        found += page.parts
    return found


@pytest.mark.parametrize("since", [None, datetime(2010, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize(
    ("stream", "kind", "of"),
    [
        ("pulls", "request", ""),
        ("issue_list", "issue", ""),
        ("comments", "comment", "issue:1347"),
        ("review_comments", "review_comment", "request:1"),
        ("releases", "release", ""),
    ],
)
def test_each_list_is_asked_for_as_documented_and_the_documented_example_is_understood(
    session: ForgeSession, stream: str, kind: str, of: str, since: datetime | None
) -> None:
    session.since = since
    parts = parts_of(session, stream)
    if stream == "issue_list":  # the documented example of an issue is one of a request
        assert parts == []
    else:
        assert {(part.kind, part.of) for part in parts} == {(kind, of)}


def test_the_documented_example_of_a_review_comment_has_its_lines(session: ForgeSession) -> None:
    comment: Any = parts_of(session, "review_comments")[0]
    assert comment.comment.author.login == "octocat" and comment.comment.author.bot is False
    assert (comment.anchor.path, comment.anchor.side) == ("file1.txt", "new")
    assert (comment.anchor.start_line, comment.anchor.line) == (1, 2)
    assert (comment.review, comment.comment.reply_to) == ("42", "8")


def test_the_documented_example_of_a_request_is_understood(session: ForgeSession) -> None:
    request: Any = parts_of(session, "pulls")[0]
    assert (request.number, request.state, request.milestone) == (1347, "merged", "v1.0")
    assert (request.branch, request.target, request.labels) == ("new-topic", "master", ["bug"])


def test_the_repository_is_understood(session: ForgeSession) -> None:
    facts = GitHub().facts(session)
    assert facts.name == "octocat/Hello-World"
    assert facts.clone_url == "https://github.com/octocat/Hello-World.git"


def test_the_repositories_of_an_owner_are_listed(session: ForgeSession) -> None:
    session.owner = "acme"
    assert list(GitHub().repositories(session)) == ["acme/tools", "acme/site"]


@pytest.mark.parametrize("since", [None, datetime(2010, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize("cursors", [{}, {"comments": {"since": "2026-01-01T00:00:00Z"}}])
def test_what_the_plan_asks_without_a_token_is_documented(
    session: ForgeSession, cursors: Any, since: datetime | None
) -> None:
    session.since = since
    planned = plan(session, cursors)
    assert {one.stream for one in planned} == {
        "comments",
        "review_comments",
        "pulls",
        "issue_list",
        "releases",
    }
    assert all(one.calls >= 1 and one.points == 0 for one in planned)


def test_whatbecame_of_things_is_asked_for_as_documented(session: ForgeSession) -> None:
    assert became_of_request(session, "1347") is None
    assert became_of_issue(session, "1347") is None
