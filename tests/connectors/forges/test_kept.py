"""What a forge's connector keeps in the store, and which of it belongs to a source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cooldown_connectors.forge.store import Store

from cooldown_kit.connector import HarvestContext, Keeping
from cooldown_kit.errors import InputError
from cooldown_kit.events import ignore
from cooldown_kit.store import Kept, entries
from fake_forge import server
from fake_forge.fronts import FORGES, Fronted
from fake_forge.harvesting import harvest, options_of
from fake_forge.server import FakeForge
from fake_forge.world import World


def context(folder: Path) -> HarvestContext:
    return HarvestContext("forge", folder, folder / "store", ignore)


def kept(folder: Path) -> dict[Path, Kept]:
    found, unknown = entries(folder / "store")
    assert unknown == []
    return {one.path: one for one in found}


@pytest.mark.parametrize("forge", FORGES.values(), ids=FORGES)
def test_what_is_kept_belongs_to_the_source_that_it_was_kept_for_and_counts_its_calls(
    forge: Fronted, tmp_path: Path
) -> None:
    connector = forge.connector()
    assert isinstance(connector, Keeping)
    with FakeForge(forge.front(World.generate(5, requests=4, issues=2))) as fake:
        found = harvest(connector, fake.url, tmp_path, repository=forge.repository)
        options = options_of(connector, fake.url, repository=forge.repository)
        again = harvest(connector, fake.url, tmp_path, repository=forge.repository)
        asked = len(fake.asked)
        mine = set(connector.kept(options, context(tmp_path)))
        other = options_of(connector, fake.url, repository=f"{forge.repository}-2")
        others = set(connector.kept(other, context(tmp_path)))
        assert len(fake.asked) == asked, "nobody is asked"
    there = kept(tmp_path)
    assert len(there) == 2 and mine >= there.keys() and not others & there.keys()
    assert (
        sum(one.calls for one in there.values()) == found.summary["calls"] + again.summary["calls"] == asked
    )
    (store,) = (one for one in there.values() if one.calls)
    assert forge.repository in store.what and fake.url in store.what and "API" in store.again


def test_calls_count_also_where_the_harvest_failed(tmp_path: Path) -> None:
    forge = FORGES["github"]
    broken = dict.fromkeys(range(4, 1000), server.status(401, "Bad credentials"))
    with FakeForge(forge.front(World.generate(5, requests=4)), faults=broken) as fake:
        with pytest.raises(InputError):
            harvest(forge.connector(), fake.url, tmp_path)
        asked = len(fake.asked)
    assert asked >= 4 and [one.calls for one in kept(tmp_path).values() if one.calls] == [asked]


def test_repositories_of_a_pattern_are_those_of_the_last_update(tmp_path: Path) -> None:
    forge = FORGES["github"]
    connector = forge.connector()
    with FakeForge(forge.front(World.generate(5, requests=2))) as fake:
        harvest(connector, fake.url, tmp_path, repository="acme/*")
        options = options_of(connector, fake.url, repository="acme/*")
        there = kept(tmp_path)
        assert set(connector.kept(options, context(tmp_path))) >= there.keys()
        (names,) = (path for path in there if path.suffix == ".json")
        assert "acme/payments" in json.loads(names.read_text()) and "acme/*" in there[names].what
        names.write_text("[]")  # the repository is gone: its store is read by nobody
        assert set(connector.kept(options, context(tmp_path))) & there.keys() == {names}


def test_whoever_works_with_a_store_keeps_nobody_from_asking_what_belongs_to_it(tmp_path: Path) -> None:
    forge = FORGES["github"]
    connector = forge.connector()
    with FakeForge(forge.front(World.generate(5, requests=2))) as fake:
        harvest(connector, fake.url, tmp_path)
        options = options_of(connector, fake.url, repository="acme/payments", clone="auto")
    (database,) = (tmp_path / "store").glob("forge/*/store.db")
    with Store(database) as store:
        store.put_fact("digest", store.digest)  # what it wrote is in the log beside the file still
        found = set(connector.kept(options, context(tmp_path)))
    kinds = sorted(path.name.partition("-")[0] for path in found)
    assert kinds == ["github", "github", "home", "mirror", "requests"]
    database.write_bytes(b"damaged" * 1000)
    for more in database.parent.glob("store.db-*"):
        more.unlink()
    with pytest.raises(InputError, match="cannot be read"):
        set(connector.kept(options, context(tmp_path)))
