"""What GitHub once answered to others, asked for by our own questions: read through the real session, without a token, into records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cooldown_connectors.forge.parts import ReviewCommentPart
from cooldown_connectors.github import GitHubConnector, rest

from cooldown_kit.events import Message
from cooldown_kit.records import CodeReview, Issue, Person, PullRequest, Release
from fake_forge.harvesting import Harvest, harvest
from forge_testing.catalogue import find
from forge_testing.recordings import Exchange, load
from forge_testing.replay import Answer, ReplayServer, Request

API = "/api/v3"
"""Where a server of one's own has what api.github.com has at its root."""
OGR = f"{API}/repos/packit/ogr"
GITHUB3 = f"{API}/repos/sigmavirus24/github3.py"
FREE = {"sort", "direction", "state", "per_page", "since"}
"""Parameters that others gave otherwise, or not at all."""
UNASKED = ("/issues/comments", "/pulls/comments", "/releases", "/issues", "/pulls")


def time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def person(login: str, bot: bool = False) -> Person:
    return Person(name="", email="", login=login, bot=bot)


def at(exchange: Exchange, target: str, **kept: str) -> Exchange:
    """The recording under the address that we ask."""
    query = "&".join(f"{name}={value}" for name, value in kept.items())
    return replace(exchange, target=f"{target}?{query}" if query else target)


def one(resource: str, forge: str = "github") -> Exchange:
    return find(forge, resource)[0].exchange()


def pages_of_requests() -> list[Exchange]:
    """The nine pages that ogr's tests once turned, by name and by number of the repository."""
    found = []
    for exchange in load("ogr:github/test_pull_requests/PullRequests.test_pr_list"):
        parts = urlsplit(exchange.target)
        query = dict(parse_qsl(parts.query))
        if parts.path.endswith("/pulls") and query.get("state") == "all":
            found.append(at(exchange, f"{OGR}/pulls", page=query.get("page", "1")))
    assert len(found) == 9
    return found


def otherwise_empty(*given: str) -> Callable[[Request], Answer | None]:
    """Lists that nobody recorded hold nothing."""

    def before(request: Request) -> Answer | None:
        kind = next((name for name in UNASKED if request.path.endswith(name)), None)
        return None if kind is None or kind in given else Answer(200, b"[]")

    return before


def read(
    exchanges: Iterable[Exchange], folder: Path, before: Callable[[Request], Answer | None], **options: Any
) -> tuple[Harvest, ReplayServer]:
    with ReplayServer(exchanges, ignoring=FREE, before=before) as server:
        found = harvest(GitHubConnector(), server.url, folder, token=(), **options)
    assert not server.unknown
    assert not any("authorization" in request.headers for request in server.requests)
    return found, server


def test_nine_recorded_pages_of_requests_become_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cooldown_connectors.github.asking.LIST", 30)
    exchanges = [
        at(one("repository"), OGR),
        *pages_of_requests(),
        at(one("issue comments"), f"{OGR}/issues/comments"),
    ]
    before = otherwise_empty("/pulls", "/issues/comments")
    found, server = read(exchanges, tmp_path, before, repository="packit/ogr", take=["pull_requests"])
    records = {r.number: r for r in found.records if isinstance(r, PullRequest)}
    assert len(records) == 269 and (min(records), max(records)) == (1, 455)
    assert Counter(r.state for r in records.values()) == {"merged": 240, "closed": 27, "open": 2}
    assert all(r.author and r.author.bot is False for r in records.values())
    second = records[2]
    assert second.id == "github.com/packit/ogr#2"
    assert (second.title, second.author) == ("Update API and Pagure", person("lachmanfrantisek"))
    assert (second.created_at, second.merged_at) == (
        time("2019-01-10T11:16:21"),
        time("2019-01-10T13:50:20"),
    )
    assert second.merged_in == "24dcd143a4f9674dca44379c9cc3cb9630578f57"
    assert (second.head, second.target) == ("c7b96f0d0c64661431d2c2037f1982c9bf9d8f94", "master")
    closed = [r for r in records.values() if r.state == "closed"]
    assert all(r.merged_in is None and r.merged_at is None and r.closed_at for r in closed)
    talk = records[217].comments
    assert [c.author for c in talk].count(person("softwarefactory-project-zuul[bot]", bot=True)) == 5
    assert [len(c.text) for c in talk] == [402, 273, 405, 665, 600, 402, 405, 178, 421, 626]
    edited = {c.id: c.edited_at for c in talk if c.edited_at}
    assert edited == {
        "534148758": time("2019-09-23T15:22:51"),
        "534448033": time("2019-09-24T08:29:10"),
    }
    assert all(not r.comments for number, r in records.items() if number != 217)
    asked = [r.query for r in server.requests if r.path.endswith("/pulls")]
    assert len(asked) == 9 + 1  # and one that the plan asks for


def test_recorded_review_comments_become_threads_on_their_lines(tmp_path: Path) -> None:
    request = one("review comments")
    pull = next(e for e in load(request.source) if e.target.endswith("/pulls/235"))
    facts = {
        "full_name": "sigmavirus24/github3.py",
        "clone_url": "https://github.com/sigmavirus24/github3.py.git",
    }
    exchanges = [
        replace(at(pull, GITHUB3), body=json.dumps(facts).encode()),
        replace(at(pull, f"{GITHUB3}/pulls"), body=b"[" + pull.body + b"]"),
        at(request, f"{GITHUB3}/pulls/comments"),
    ]
    before = otherwise_empty("/pulls", "/pulls/comments")
    found, _ = read(exchanges, tmp_path, before, repository="sigmavirus24/github3.py", take=["reviews"])
    threads = {r.thread.id: r.thread for r in found.records if isinstance(r, CodeReview)}
    # None of that time says what it replies to: each stands alone.
    assert list(threads) == ["12246783", "12246836", "12254558"]
    anchors = {name: one.anchor for name, one in threads.items()}
    assert {n: a and (a.path, a.side, a.start_line, a.line) for n, a in anchors.items()} == {
        "12246783": ("github3/repos/release.py", "new", 109, 109),
        "12246836": ("tests/unit/test_repos_release.py", "new", 18, 18),
        "12254558": ("github3/repos/release.py", "new", 109, 109),
    }
    assert {a.head for a in anchors.values() if a} == {"47cba939175db6f450e46c25279d3b83c88df94b"}
    assert all(
        a and a.hunk and a.hunk.startswith("@@ -") and a.hunk_from == "forge" for a in anchors.values()
    )
    assert threads["12254558"].comments[0].author == person("bgilbert")
    assert threads["12254558"].comments[0].text == "Done.\n"


def test_the_line_that_is_worked_out_of_a_recorded_hunk_is_the_one_that_github_says() -> None:
    for item in one("review comments").json():
        by_github = rest.review_comment_part(item)
        old = rest.review_comment_part({**item, "original_line": None, "side": None})
        assert isinstance(by_github, ReviewCommentPart) and isinstance(old, ReviewCommentPart)
        assert by_github.anchor is not None and by_github.anchor.line is not None
        assert old.anchor == by_github.anchor


def test_recorded_releases_become_records_by_time(tmp_path: Path) -> None:
    exchanges = [at(one("repository"), OGR), at(one("releases"), f"{OGR}/releases")]
    found, _ = read(
        exchanges, tmp_path, otherwise_empty("/releases"), repository="packit/ogr", take=["releases"]
    )
    releases = [r for r in found.records if isinstance(r, Release)]
    assert len(releases) == 23
    assert [r.tag for r in releases[:2]] == ["0.0.1", "0.0.2"]
    first, last = releases[0], releases[-1]
    assert (first.revision, first.tagger) == (None, person("lachmanfrantisek"))  # it names a branch
    assert last.tag == "0.13.1" and last.previous == "0.13.0"
    assert last.revision == "da9d777fa7c5aa463f86b47d36ce244e7f422138"
    assert last.released_at == time("2020-08-20T08:03:34")
    assert last.notes is not None and len(last.notes) == 311
    assert last.id == "github.com/packit/ogr@refs/tags/0.13.1"


# A repository with another name now


def betamax(request: Request) -> Answer | None:
    """The recorded issues by time of change, as they are asked for; the recording has them by number."""
    if not request.path.endswith("/issues"):
        return otherwise_empty()(request)
    exchanges = load("github3.py:Repository_issues_state_all")
    items = [item for exchange in exchanges if "/issues?" in exchange.target for item in exchange.json()]
    query = dict(request.query)
    items = sorted(items, key=lambda item: item["updated_at"])
    items = [item for item in items if item["updated_at"] >= query.get("since", "")]
    page, size = int(query.get("page", "1")), int(query["per_page"])
    more = page * size < len(items)
    link = (("Link", f'<http://127.0.0.1/?page={page + 1}>; rel="next"'),) if more else ()
    return Answer(200, json.dumps(items[(page - 1) * size : page * size]).encode(), link)


@pytest.fixture
def renamed(tmp_path: Path) -> tuple[Harvest, ReplayServer]:
    exchanges = [
        at(exchange, exchange.target if "/repositories/" in exchange.target else API + exchange.target)
        for exchange in load("github3.py:Repository_issues_state_all")
        if "/issues?" not in exchange.target
    ]
    return read(exchanges, tmp_path, betamax, repository="sigmavirus24/betamax", take=["issues"])


def test_a_repository_that_was_renamed_is_followed_once_and_told_of_once(
    renamed: tuple[Harvest, ReplayServer],
) -> None:
    found, server = renamed
    moved = [e.text for e in found.events if isinstance(e, Message) and "has moved" in e.text]
    assert len(moved) == 1
    after = [request.path for request in server.requests]
    followed = after.index("/repositories/11439734")
    assert after.count("/repositories/11439734") == 1
    rest_of = after[followed + 1 :]
    assert len(rest_of) >= 3 and all("/repos/betamaxpy/betamax/" in path for path in rest_of)


def test_recorded_issues_become_records_under_the_new_name_and_requests_are_none_of_them(
    renamed: tuple[Harvest, ReplayServer],
) -> None:
    found, _ = renamed
    issues = {r.number: r for r in found.records if isinstance(r, Issue)}
    assert Counter(r.state for r in issues.values()) == {"closed": 70, "open": 13}
    first = issues[1]
    assert first.id == "github.com/betamaxpy/betamax/issues/1"
    assert (first.title, first.author) == ("Track history as well?", person("sigmavirus24"))
    assert (first.created_at, first.closed_at) == (
        time("2013-08-05T17:17:17"),
        time("2013-08-21T02:37:31"),
    )
    assert first.labels == ["Enhancement", "Won't Fix"]
    assert issues[100].milestone == "0.6.0"
    assert [e.kind for e in first.timeline] == ["opened", "closed"]
