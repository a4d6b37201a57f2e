"""What every forge's connector promises, on a generated world behind that forge's own API."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cooldown_connectors.http.errors import OutOfCalls

from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError
from cooldown_kit.events import Message
from cooldown_kit.records import CodeReview, Discussion, Issue, PullRequest, Record, Release
from fake_forge import server
from fake_forge.fronts import FORGES, Fronted
from fake_forge.harvesting import TOKEN, Harvest, harvest, options_of, patient
from fake_forge.server import FakeForge, Fault
from fake_forge.world import World

WITH_ISSUES = {
    name: forge for name, forge in FORGES.items() if "issues" in forge.connector().Options.known_takes
}
each_forge = pytest.mark.parametrize("forge", FORGES.values(), ids=FORGES)


@pytest.fixture
def small_pages(forge: Fronted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few things a page, so that a small world has many pages."""
    for name in forge.page_sizes:
        monkeypatch.setattr(name, 4)


def _run(forge: Fronted, fake: FakeForge, folder: Path, **options: Any) -> Harvest:
    return harvest(forge.connector(), fake.url, folder, repository=forge.repository, **options)


def _same(left: Harvest, right: Harvest) -> None:
    """Equal records, but for the server's port in URLs."""
    assert [_plain(one) for one in left.records] == [_plain(one) for one in right.records]
    assert left.skipped == right.skipped


def _plain(record: Record) -> Any:
    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: strip(one) for key, one in value.items() if key not in ("url", "id", "repository", "key")
            }
        return [strip(one) for one in value] if isinstance(value, list) else value

    return strip(msgspec.to_builtins(record))


def _undisturbed(forge: Fronted, world: World, folder: Path, **options: Any) -> tuple[Harvest, int]:
    with FakeForge(forge.front(world)) as fake:
        found = _run(forge, fake, folder, **options)
        return found, len(fake.asked)


def _every_call() -> World:
    """A world so small that each call of its harvest can be tried by itself."""
    return World.generate(6, requests=3, issues=2, discussions=1, releases=1)


def _every_page() -> World:
    """The same where pages are small: each list has a second one, and one instant more than a page."""
    return World.generate(47, requests=7, issues=5, discussions=5, releases=5)


def _kinds(asked: list[server.Asked]) -> set[tuple[str, str, str, bool]]:
    """Which questions there are: path and query without their numbers, and whether it was for more than a first page."""
    found = set()
    for one in asked:
        body = one.body if isinstance(one.body, dict) else {}
        query = re.sub(r"\d+", "N", str(body.get("query", "")))
        later = one.query.get("page", "1") != "1" or any(int(one.query.get(n, 0)) for n in ("start", "$skip"))
        later = later or bool((body.get("variables") or {}).get("after"))
        found.add((one.method, re.sub(r"\d+", "N", one.path), query, later))
    return found


def _asked(forge: Fronted, world: World, folder: Path, **options: Any) -> set[tuple[str, str, str, bool]]:
    with FakeForge(forge.front(world)) as fake:
        _run(forge, fake, folder, **options)
        return _kinds(fake.asked)


@each_forge
def test_the_world_whose_calls_are_tried_one_by_one_has_every_kind_of_call(
    forge: Fronted, tmp_path: Path
) -> None:
    large = World.generate(17, requests=24, issues=16, discussions=6)
    assert _asked(forge, _every_call(), tmp_path / "small") >= _asked(forge, large, tmp_path / "large")


@each_forge
@pytest.mark.usefixtures("small_pages")
def test_the_world_whose_pages_are_tried_one_by_one_has_every_kind_of_page(
    forge: Fronted, tmp_path: Path
) -> None:
    large = World.generate(18, requests=24, issues=16, discussions=6, releases=5)
    unplanned = {"max_calls": 10_000}
    small = _asked(forge, _every_page(), tmp_path / "small", **unplanned)
    assert small >= _asked(forge, large, tmp_path / "large", **unplanned)


@each_forge
def test_the_records_hold_everything_that_happened(forge: Fronted, tmp_path: Path) -> None:
    world = World.generate(1)
    takes = forge.connector().Options.known_takes
    found, _ = _undisturbed(forge, world, tmp_path)
    requests = {one.number: one for one in found.records if isinstance(one, PullRequest)}
    assert sorted(requests) == sorted(world.requests)
    for number, one in world.requests.items():
        record = requests[number]
        assert (record.title, record.description, record.state) == (one.title, one.text, one.state)
        assert [note.text for note in record.comments] == [note.text for note in one.notes]
        told = {
            (
                thread.path,
                thread.start_line if forge.has_ranges else thread.line,
                thread.line,
                tuple(n.text for n in thread.notes),
            )
            for thread in one.threads
        }
        assert told == {
            (t.anchor.path, t.anchor.start_line, t.anchor.line, tuple(c.text for c in t.comments))
            for t in record.threads
            if t.anchor
        }
        assert sum(bool(t.resolved) for t in record.threads) == sum(t.resolved for t in one.threads)
        assert [(e.at.replace(microsecond=0), e.ref) for e in record.timeline if e.kind == "commented"] == [
            (note.created.replace(microsecond=0), c.id)
            for note, c in zip(one.notes, record.comments, strict=True)
        ]
    reviews = [one for one in found.records if isinstance(one, CodeReview)]
    assert len(reviews) == sum(len(one.threads) for one in world.requests.values())
    if "issues" in takes:
        issues = {one.number: one for one in found.records if isinstance(one, Issue)}
        assert {n: (i.title, i.state, [c.text for c in i.comments]) for n, i in issues.items()} == {
            n: (i.title, i.state, [c.text for c in i.notes]) for n, i in world.issues.items()
        }
    if "discussions" in takes:
        discussions = {one.number: one for one in found.records if isinstance(one, Discussion)}
        assert {n: sorted(c.text for c in d.comments) for n, d in discussions.items()} == {
            n: sorted(c.text for c in d.notes) for n, d in world.discussions.items()
        }
    if "releases" in takes:
        tags = [one.tag for one in found.records if isinstance(one, Release)]
        assert tags == [one.tag for one in sorted(world.releases.values(), key=lambda one: one.at)]


@each_forge
def test_every_question_is_one_that_the_forge_documents(forge: Fronted, tmp_path: Path) -> None:
    with FakeForge(forge.front(World.generate(2)), before=lambda _, asked: forge.check(asked)) as fake:
        _run(forge, fake, tmp_path)
        _run(forge, fake, tmp_path)
    for asked in fake.asked:
        forge.check(asked)


@each_forge
@pytest.mark.usefixtures("small_pages")
def test_stopped_at_every_call_and_gone_on_with_it_ends_with_the_same_records(
    forge: Fronted, tmp_path: Path
) -> None:
    world = _every_page()
    whole, calls = _undisturbed(forge, world, tmp_path / "whole", max_calls=10_000)  # no plan beforehand
    for call in range(1, calls):
        with FakeForge(forge.front(world)) as fake:
            folder = tmp_path / str(call)
            stopped = _run(forge, fake, folder, max_calls=call)
            assert stopped.summary["calls"] == call
            _same(_run(forge, fake, folder), whole)


@each_forge
@pytest.mark.usefixtures("small_pages")
def test_a_harvest_of_one_call_at_a_time_comes_to_the_same_end(forge: Fronted, tmp_path: Path) -> None:
    """However little may be asked at once, every harvest gets further."""
    world = World.generate(4, requests=5, issues=2, discussions=1, releases=1)
    whole, calls = _undisturbed(forge, world, tmp_path / "whole")
    with FakeForge(forge.front(world)) as fake:
        for _ in range(calls):
            found = _run(forge, fake, tmp_path / "slow", max_calls=forge.calls_to_go_on, concurrency=1)
            if found.summary["calls"] < forge.calls_to_go_on:
                break
        _same(_run(forge, fake, tmp_path / "slow"), whole)


FAULTS: dict[str, Fault] = {
    "primary limit": server.primary_limit(),
    "limit with Retry-After": server.status(429, "slow down", Retry_After="7"),
    "limit without Retry-After": server.status(403, "You have exceeded a secondary rate limit"),
    "bad gateway": server.status(502),
    "unavailable with Retry-After": server.status(503, "", Retry_After="3"),
    "cut JSON": server.cut_json,
    "cut body": server.cut_body,
    "hung up": server.hang_up,
}


@each_forge
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_goes_wrong_once_at_any_call_changes_nothing(
    forge: Fronted, fault: Fault, tmp_path: Path
) -> None:
    world = _every_call()
    whole, calls = _undisturbed(forge, world, tmp_path / "whole")
    for call in range(1, calls + 1):
        with FakeForge(forge.front(world), faults={call: fault}) as fake:
            _same(_run(forge, fake, tmp_path / f"{call}"), whole)


@each_forge
def test_pages_too_large_for_the_forge_are_asked_for_in_halves(forge: Fronted, tmp_path: Path) -> None:
    world = World.generate(6, requests=30, issues=30, discussions=8)
    whole, _ = _undisturbed(forge, world, tmp_path / "whole")
    with FakeForge(forge.front(world), always=server.too_heavy(7, *forge.size_names)) as fake:
        _same(_run(forge, fake, tmp_path / "halved"), whole)


@each_forge
def test_pages_that_hold_things_twice_change_nothing(forge: Fronted, tmp_path: Path) -> None:
    world = World.generate(6, requests=8, issues=6, discussions=2)
    whole, _ = _undisturbed(forge, world, tmp_path / "whole")
    with FakeForge(forge.front(world), always=server.twice) as fake:
        _same(_run(forge, fake, tmp_path / "doubled"), whole)


@each_forge
def test_a_redirect_to_another_host_ends_it_and_the_token_goes_nowhere(
    forge: Fronted, tmp_path: Path
) -> None:
    with (
        FakeForge(forge.front(World.generate(7)), always=server.elsewhere) as fake,
        pytest.raises(InputError, match=r"elsewhere\.example"),
    ):
        _run(forge, fake, tmp_path)
    assert all(TOKEN not in asked.path for asked in fake.asked)


@each_forge
def test_a_second_harvest_of_a_quiet_forge_asks_little_and_gives_the_same(
    forge: Fronted, tmp_path: Path
) -> None:
    world = World.generate(8, requests=40, issues=40)
    with FakeForge(forge.front(world)) as fake:
        first = _run(forge, fake, tmp_path)
        calls = len(fake.asked)
        second = _run(forge, fake, tmp_path)
        asked = len(fake.asked) - calls
    _same(second, first)
    assert second.summary["changed"] == 0
    assert second.fingerprint == first.fingerprint
    assert asked <= forge.quiet_calls


@each_forge
@pytest.mark.usefixtures("small_pages")
def test_whatever_happens_between_harvests_the_next_one_knows_it(forge: Fronted, tmp_path: Path) -> None:
    """New things, edits, deleted comments, deleted and transferred issues."""
    world = World.generate(9, requests=8, issues=6)
    with FakeForge(forge.front(world)) as fake:
        for number in range(4):
            _run(forge, fake, tmp_path / "again")
            world.tick()
            for _ in range(6):
                world.happen(edits=forge.says_edits)
            if world.issues and forge.name in WITH_ISSUES:
                [world.delete_issue, world.transfer_issue][number % 2]()
        again = _run(forge, fake, tmp_path / "again")
        fresh = _run(forge, fake, tmp_path / "fresh")
    assert [_plain(one) for one in again.records] == [_plain(one) for one in fresh.records]


@pytest.mark.parametrize("forge", WITH_ISSUES.values(), ids=WITH_ISSUES)
def test_deleted_and_transferred_issues_are_named(forge: Fronted, tmp_path: Path) -> None:
    world = World.generate(10)
    with FakeForge(forge.front(world)) as fake:
        _run(forge, fake, tmp_path)
        deleted = world.delete_issue()
        moved = world.transfer_issue()
        found = _run(forge, fake, tmp_path)
    why = {one.what: (one.reason, one.detail) for one in found.skipped}
    assert why[f"issue {deleted}"][0] == "deleted"
    if forge.says_where_issues_went:
        assert why[f"issue {moved}"][0] == "transferred" and "ledger" in why[f"issue {moved}"][1]
    else:
        assert why[f"issue {moved}"][0] in ("deleted", "transferred")


@each_forge
@pytest.mark.usefixtures("small_pages")
def test_nothing_is_missed_though_things_happen_while_it_is_read(forge: Fronted, tmp_path: Path) -> None:
    world = World.generate(11, requests=30, issues=20)

    def meanwhile(number: int, asked: server.Asked) -> None:
        if number % 2 == 0 and number < 60:
            world.happen(edits=forge.says_edits)
        if number % 20 == 0 and number < 60 and world.issues and forge.name in WITH_ISSUES:
            world.delete_issue()

    with FakeForge(forge.front(world), before=meanwhile) as fake:
        _run(forge, fake, tmp_path / "busy")
        fake.before = None
        busy = _run(forge, fake, tmp_path / "busy")
        quiet = _run(forge, fake, tmp_path / "quiet")
    assert [_plain(one) for one in busy.records] == [_plain(one) for one in quiet.records]


@each_forge
@pytest.mark.usefixtures("small_pages")
def test_the_archive_gives_the_same_records_without_the_network(forge: Fronted, tmp_path: Path) -> None:
    world = World.generate(12)
    with FakeForge(forge.front(world)) as fake:
        _run(forge, fake, tmp_path, max_calls=3)
        _run(forge, fake, tmp_path)
        world.happen(edits=forge.says_edits)
        last = _run(forge, fake, tmp_path)
        url = fake.url
    again = harvest(forge.connector(), url, tmp_path, repository=forge.repository, replay=True)
    _same(again, last)
    assert again.fingerprint == last.fingerprint


@each_forge
def test_without_the_network_what_was_harvested_is_still_there(forge: Fronted, tmp_path: Path) -> None:
    with FakeForge(forge.front(World.generate(13))) as fake:
        first = _run(forge, fake, tmp_path)
        url = fake.url
    _same(harvest(forge.connector(), url, tmp_path, repository=forge.repository, update="never"), first)


@each_forge
def test_where_the_forge_cannot_be_reached_the_remedy_names_what_is_kept(
    forge: Fronted, tmp_path: Path
) -> None:
    connector = forge.connector()
    with FakeForge(forge.front(World.generate(13, requests=1, issues=1))) as fake, patient():
        options = options_of(connector, fake.url, repository=forge.repository)
        (tmp_path / "store").mkdir()
        context = HarvestContext("forge", tmp_path, tmp_path / "store", lambda event: None)
        connector.check(options, context)
        fake.always = server.hang_up
        with pytest.raises(InputError) as before:
            connector.check(options, context)
        fake.always = None
        connector.update(options, context)
        fake.always = server.hang_up
        with pytest.raises(InputError) as after:
            connector.check(options, context)
    assert "update: never" not in (before.value.remedy or "")
    assert "update: never" in (after.value.remedy or "")


@each_forge
def test_the_token_is_in_no_file_event_or_error(forge: Fronted, tmp_path: Path) -> None:
    def echo(asked: server.Asked, told: server.Told) -> server.Told:
        """A forge that repeats what it was sent."""
        return server.Told({"message": f"bad credentials {asked.headers}"}, 401)

    with FakeForge(forge.front(World.generate(14))) as fake:
        found = _run(forge, fake, tmp_path)
        fake.always = echo
        with pytest.raises(InputError) as error:
            _run(forge, fake, tmp_path)
    assert TOKEN not in str(error.value) and TOKEN not in repr(found.events)
    assert any("authorization" in a.headers or "private-token" in a.headers for a in fake.asked)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes(), path


@each_forge
def test_the_plan_says_beforehand_what_is_asked(forge: Fronted, tmp_path: Path) -> None:
    # a forge without issues counts its requests alone
    world = World.generate(15, requests=60, issues=40 if forge.name in WITH_ISSUES else 0)
    connector = forge.connector()
    (tmp_path / "store").mkdir()
    with FakeForge(forge.front(world)) as fake, patient():
        context = HarvestContext("forge", tmp_path, tmp_path / "store", lambda event: None)
        planned = connector.estimate(options_of(connector, fake.url, repository=forge.repository), context)
        asked = len(fake.asked)
        found = _run(forge, fake, tmp_path)
    calls = sum(one.calls for one in planned)
    assert asked <= 12
    assert abs(found.summary["calls"] - calls) <= max(6, 0.15 * calls), [(p.what, p.calls) for p in planned]


@each_forge
def test_one_repository_that_is_gone_stops_none_of_the_others(forge: Fronted, tmp_path: Path) -> None:
    with FakeForge(forge.front(World.generate(16, requests=2, issues=1))) as fake:
        gone = forge.repository.rpartition("/")[0] + "/gone"
        found = harvest(forge.connector(), fake.url, tmp_path, repository=[gone, forge.repository])
    assert any(isinstance(one, PullRequest) for one in found.records)
    assert [one.what for one in found.skipped if one.reason == "not_harvested"] == [gone]
    assert any(isinstance(e, Message) and e.level == "warning" and "gone" in e.text for e in found.events)


def test_a_budget_that_is_used_up_is_no_error() -> None:
    assert issubclass(OutOfCalls, Exception) and not issubclass(OutOfCalls, InputError)
