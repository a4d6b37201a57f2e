"""What people suffer from with other readers of forges, each as a promise that it does not happen here."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.github import GitHubConnector
from cooldown_connectors.gitlab import GitLabConnector

from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError
from cooldown_kit.events import Message
from cooldown_kit.records import CodeReview, PullRequest, Record
from fake_forge import server
from fake_forge.fronts import FORGES
from fake_forge.github import GitHubFront
from fake_forge.gitlab import GitLabFront
from fake_forge.harvesting import Harvest, PatientClock, harvest, options_of, patient
from fake_forge.server import Asked, FakeForge, Told
from fake_forge.world import World

HOUR = 3600.0


def run(fake: FakeForge, folder: Path, **options: Any) -> Harvest:
    return harvest(GitHubConnector(), fake.url, folder, **options)


def plain(records: list[Record]) -> list[str]:
    """Without addresses: each server has a port of its own."""
    return [f"{type(one).__name__} {one!r}".replace(_port(one), "") for one in records]


def _port(record: Record) -> str:
    url = getattr(record, "url", None) or ""
    return url.partition("//")[2].partition("/")[0] or "no address"


def undisturbed(world: World, folder: Path) -> tuple[list[str], list[Asked]]:
    with FakeForge(GitHubFront(world)) as fake:
        return plain(run(fake, folder).records), fake.asked


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FORGES["github"].page_sizes:
        monkeypatch.setattr(name, 4)


def told_of(found: Harvest) -> list[str]:
    return [event.text for event in found.events if isinstance(event, Message)]


# 10: a rate limit error half-way, since waiting is off by default (chaoss/grimoirelab-perceval#457)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    "limit",
    [
        server.primary_limit(1800),
        server.status(403, "You have exceeded a secondary rate limit", Retry_After="90"),
        server.status(429, "slow down", Retry_After="600"),
    ],
    ids=["primary", "secondary", "too many requests"],
)
def test_limits_are_waited_for_by_default(tmp_path: Path, limit: server.Fault) -> None:
    world = World.generate(61, requests=12, issues=8)
    whole, asked = undisturbed(world, tmp_path / "whole")
    limited = range(3, len(asked), 7)
    with FakeForge(GitHubFront(world), faults=dict.fromkeys(limited, limit)) as fake:
        found = run(fake, tmp_path / "limited")
    assert plain(found.records) == whole
    assert sum("waiting until" in text for text in told_of(found)) >= 2


# 11: a sync eats the whole quota (airbytehq/airbyte#5669), or gives up for it (#5963)


@dataclass
class Quota:
    """So many questions an hour of the harvest's clock, counted apart for REST and GraphQL; what goes beyond is refused."""

    clock: PatientClock
    limit: int
    used: dict[tuple[str, int], int] = field(default_factory=Counter)
    refused: int = 0
    _start: float | None = None

    def __call__(self, asked: Asked, told: Told) -> Told:
        if self._start is None:
            self._start = self.clock.now()
        resource = "graphql" if asked.path.endswith("/graphql") else "core"
        period, passed = divmod(self.clock.now() - self._start, HOUR)
        self.used[resource, int(period)] += 1
        left = self.limit - self.used[resource, int(period)]
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": str(int(time.time() + HOUR - passed) + 1),
            "X-RateLimit-Resource": resource,
        }
        if left < 0:
            self.refused += 1
            return Told({"message": "API rate limit exceeded"}, 403, headers)
        return Told(told.data, told.status, {**told.headers, **headers})


@pytest.mark.usefixtures("small_pages")
def test_a_sync_leaves_the_reserve_of_the_quota_to_others(tmp_path: Path) -> None:
    world = World.generate(62, requests=40, issues=30)
    whole, asked = undisturbed(world, tmp_path / "whole")
    connector = GitHubConnector()
    (tmp_path / "store").mkdir()
    with patient() as clock, FakeForge(GitHubFront(world), always=Quota(clock, 12)) as fake:
        options = options_of(connector, fake.url, repository="acme/payments", reserve=0.25)
        context = HarvestContext("forge", tmp_path, tmp_path / "store", lambda event: None)
        connector.update(options, context)
        records: list[Any] = list(connector.harvest(options, context))
    quota = fake.always
    assert isinstance(quota, Quota)
    assert len(fake.asked) == len(asked) > 2 * 12
    assert max(quota.used.values()) <= 9 and quota.refused == 0
    assert clock.slept > HOUR
    assert plain(records) == whole


@pytest.mark.usefixtures("small_pages")
def test_a_harvest_asks_no_more_than_it_is_allowed_to_and_goes_on_the_next_time(tmp_path: Path) -> None:
    world = World.generate(63)
    whole, _ = undisturbed(world, tmp_path / "whole")
    with FakeForge(GitHubFront(world)) as fake:
        for harvests in range(1, 4):
            found = run(fake, tmp_path / "few", max_calls=7)
            assert found.summary["calls"] == 7 and len(fake.asked) == 7 * harvests
            assert any("comes with the next harvest" in text for text in told_of(found))
        assert plain(run(fake, tmp_path / "few").records) == whole


# 12: comments and requests fetched again in full after a rate limit error (singer-io/tap-github#43)


def _lists_requests(asked: Asked) -> bool:
    return bool(asked.body) and "pullRequests(first: $first" in asked.body["query"]


def _question(asked: Asked) -> str:
    return json.dumps([asked.path, asked.pairs, asked.body], sort_keys=True)


@pytest.mark.usefixtures("small_pages")
def test_after_a_limit_nothing_is_fetched_again(tmp_path: Path) -> None:
    world = World.generate(64)
    _, asked = undisturbed(world, tmp_path / "whole")
    refused: list[str] = []

    def limit(question: Asked, told: Told) -> Told:
        refused.append(_question(question))
        answer = server.primary_limit()(question, told)
        assert isinstance(answer, Told)
        return answer

    faults = dict.fromkeys(range(2, len(asked), 5), limit)
    with FakeForge(GitHubFront(world), faults=faults) as fake:
        run(fake, tmp_path / "limited")
    answered = Counter(map(_question, fake.asked)) - Counter(refused)
    assert len(refused) == len(faults) > 3
    assert answered == Counter(map(_question, asked))


@pytest.mark.usefixtures("small_pages")
def test_after_a_limit_that_ended_the_harvest_what_was_read_is_not_read_again(tmp_path: Path) -> None:
    world = World.generate(65, requests=16, issues=12)
    whole, asked = undisturbed(world, tmp_path / "whole")
    two_days = server.status(429, "come back later", Retry_After=str(48 * 3600))
    stop = [number for number, one in enumerate(asked, 1) if _lists_requests(one)][2]
    with FakeForge(GitHubFront(world), faults={stop: two_days}) as fake:
        with pytest.raises(InputError, match="48 hours"):
            run(fake, tmp_path / "limited")
        assert plain(run(fake, tmp_path / "limited").records) == whole
    pages = [_question(one) for one in fake.asked if _lists_requests(one)]
    assert len(pages) == 4 + 1 and Counter(pages).most_common(1) == [(_question(fake.asked[stop - 1]), 2)]
    begins = 4  # with the repository, and with where each list of comments ended
    assert len(fake.asked) - stop <= len(asked) - stop + 1 + begins


# 13: no comments though there are some: those of reviews and those of the conversation confused (PyGithub#2371)


def test_review_comments_and_conversation_comments_are_never_confused(tmp_path: Path) -> None:
    """On GitHub both count their ids apart, so that two of them may have the same."""
    world = World.generate(66, requests=8, issues=0)
    for one in world.requests.values():
        while not one.threads:
            world.review(one)
        world.comment(one).id = one.threads[0].notes[0].id
    with FakeForge(GitHubFront(world)) as fake:
        found = run(fake, tmp_path)
    for record in (r for r in found.records if isinstance(r, PullRequest)):
        one = world.requests[record.number]
        assert [c.text for c in record.comments] == [note.text for note in one.notes]
        said = [[c.text for c in thread.comments] for thread in record.threads]
        assert sorted(said) == sorted([note.text for note in thread.notes] for thread in one.threads)
        assert {c.id for c in record.comments} & {c.id for t in record.threads for c in t.comments}


# 14: a 502 from a list of review comments with a large page (hubtty/hubtty#60)


@pytest.mark.parametrize("most", [30, 1])
def test_a_page_that_is_too_large_for_the_forge_is_halved_and_nothing_is_lost(
    tmp_path: Path, most: int
) -> None:
    world = World.generate(67, requests=30, issues=20)
    whole, asked = undisturbed(world, tmp_path / "whole")
    with FakeForge(GitHubFront(world), always=server.too_heavy(most, "per_page", "first")) as fake:
        found = run(fake, tmp_path / "heavy")
    assert plain(found.records) == whole
    if most == 30:  # what was found out on one page is remembered for the next
        assert len(fake.asked) < 4 * len(asked)


# 15: a GraphQL limit not seen as one, since its error is called RATE_LIMIT (yanyongyu/githubkit#272)


@pytest.mark.parametrize("kind", ["RATE_LIMIT", "RATE_LIMITED"])
def test_a_graphql_limit_is_a_limit_whatever_it_is_called(tmp_path: Path, kind: str) -> None:
    world = World.generate(68)
    whole, asked = undisturbed(world, tmp_path / "whole")
    numbers = [number for number, one in enumerate(asked, 1) if one.path.endswith("/graphql")]

    def limit(question: Asked, told: Told) -> Told:
        errors = [{"type": kind, "message": "API rate limit already exceeded for user ID 1."}]
        headers = {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(time.time()) + 900),
            "X-RateLimit-Resource": "graphql",
        }
        return Told({"errors": errors}, 200, headers)

    with FakeForge(GitHubFront(world), faults={numbers[1]: limit}) as fake:
        found = run(fake, tmp_path / "limited")
    assert plain(found.records) == whole
    assert len(fake.asked) == len(asked) + 1
    assert any("waiting until" in text for text in told_of(found))


# 15: and a cache that always asks whether anything is new (yanyongyu/githubkit#220)


@dataclass
class Tagged:
    """Every answer of REST has an ETag, and one that is known already is 304, which GitHub does not count."""

    unchanged: int = 0
    counted: int = 0

    def __call__(self, asked: Asked, told: Told) -> Told:
        if asked.method != "GET" or told.status != 200:
            return told
        tag = '"' + hashlib.sha256(told.content).hexdigest()[:16] + '"'
        if asked.headers.get("if-none-match") == tag:
            self.unchanged += 1
            return Told(None, 304, {"ETag": tag})
        self.counted += 1
        return Told(told.data, told.status, {**told.headers, "ETag": tag})


def test_lists_that_did_not_change_cost_nothing_and_those_that_did_are_read(tmp_path: Path) -> None:
    world = World.generate(69)
    with FakeForge(GitHubFront(world), always=Tagged()) as fake:
        tagged = fake.always
        assert isinstance(tagged, Tagged)
        run(fake, tmp_path)
        quiet = run(fake, tmp_path)
        tagged.unchanged = tagged.counted = 0
        again = run(fake, tmp_path)
        assert (tagged.unchanged, tagged.counted) == (3, 1)  # lists; and the repository itself
        assert plain(again.records) == plain(quiet.records)
        for one in world.requests.values():
            world.comment(one)
        changed = run(fake, tmp_path)
        fresh = run(fake, tmp_path / "fresh")
    assert plain(changed.records) == plain(fresh.records) != plain(quiet.records)


# 16: GitLab's GraphQL breaks on positions in requests from forks (gitlab-org/gitlab#298827), and on questions that are
# too complex (#409417)


def _lines(found: Harvest) -> Iterator[tuple[str, int | None]]:
    for record in found.records:
        if isinstance(record, CodeReview) and record.thread.anchor is not None:
            yield record.thread.anchor.path, record.thread.anchor.line


def test_gitlab_is_asked_by_rest_alone_so_that_requests_from_forks_cannot_break_it(tmp_path: Path) -> None:
    world = World.generate(70)

    def broken(asked: Asked, told: Told) -> Told:
        return Told({"message": "500 Internal Server Error"}, 500) if "graphql" in asked.path else told

    with FakeForge(GitLabFront(world), always=broken) as fake:
        found = harvest(GitLabConnector(), fake.url, tmp_path)
    assert {asked.method for asked in fake.asked} == {"GET"}
    assert not [asked.path for asked in fake.asked if "graphql" in asked.path]
    threads = [(thread.path, thread.line) for one in world.requests.values() for thread in one.threads]
    assert sorted(_lines(found), key=str) == sorted(threads, key=str) != []
