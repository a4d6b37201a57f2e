"""`cooldown clean` on stores that real harvests made: of a forge with its code, of a dump, and of local repositories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import cooldown_kit as ck
from cooldown_kit import connector as connectors
from cooldown_kit.cli.main import call
from cooldown_kit.connector import HarvestContext, Keeping
from cooldown_kit.errors import Stopped
from cooldown_kit.events import Event, StageFinished, ignore
from cooldown_kit.recipe import Recipe
from cooldown_kit.store import Kept, entries
from cooldown_kit.workspace import locked
from fake_forge.harvesting import VARIABLE, patient
from thread_sources.dumps import answer, question, write_dump
from thread_sources.mails import mail, mbox

from .git.conftest import Sandbox
from .github.test_with_code import Company, company

__all__ = ["company"]

FORGE = '  forge: {{connector: github, url: "{url}", repository: acme/payments, token: "env:{variable}"}}\n'
OTHERS = """\
  dump: {connector: threads, path: dump}
  mails: {connector: threads, path: list.mbox}
  clone: {connector: git, repositories: [clones/one], take: [commits, wiki]}
"""
HEAD = "name: clean\nmodel: not/needed\nholdout: {undated: 10%}\nsources:\n"


class Place:
    """A recipe's folder, and what `cooldown clean` says there."""

    def __init__(self, company: Company, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.company, self._capsys = company.folder, company, capsys
        self.forge = FORGE.format(url=company.url, variable=VARIABLE)
        write_dump(self.folder / "dump", Posts=[question(1), answer(2, 1)])
        self.folder.joinpath("list.mbox").write_bytes(mbox([mail(1), mail(2)]))
        for name in ("one", "one.wiki"):
            (self.folder / "clones" / name).mkdir(parents=True)
            repository = Sandbox(self.folder / "clones" / name)
            repository.git("init", "-q", "-b", "main")
            repository.write("Home.md", "# Home\n\nIt is where one begins to read.\n")
            repository.commit("Begin")
        self.sources(self.forge + OTHERS)

    @property
    def recipe(self) -> Path:
        return self.folder / "recipe.yaml"

    @property
    def workspace(self) -> Path:
        return self.folder / ".cooldown"

    def sources(self, text: str) -> None:
        self.recipe.write_text(HEAD + text)

    def harvest(self, on_event: Any = ignore) -> list[Event]:
        events: list[Event] = []

        def both(event: Event) -> None:
            events.append(event)
            on_event(event)

        with patient():
            ck.harvest(Recipe.load(self.recipe), on_event=both)
        return events

    def clean(self, *arguments: str, status: int = 0) -> dict[str, str]:
        """Name of each holding → its state, size and all that is said of it."""
        assert call(["clean", "--workspace", str(self.workspace), *arguments]) == status
        self.said = self._capsys.readouterr()
        lines = re.split(r"\n(?=\S)", self.said.out)
        found = {}
        for line in lines:
            if (
                match := re.match(r"(removed|in use|\w+) +([\d.,]+) MB  (\S+)(.*)", line, re.DOTALL)
            ) is not None:
                found[match[3]] = match[1] + re.sub(r"\s+", " ", match[4])
        return found

    def kept(self) -> dict[str, Kept]:
        found, unknown = entries(self.workspace / "store")
        assert unknown == []
        return {one.path.relative_to(self.workspace).as_posix(): one for one in found}

    def of_forge(self) -> set[str]:
        """What the forge's source alone needs."""
        kinds = ("store/forge/", "store/git/mirror-", "store/git/requests-")
        return {name for name in self.kept() if name.startswith(kinds)}


@pytest.fixture
def place(company: Company, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(company, capsys)


def read_by(recipe: Path, store: Path) -> set[Path]:
    """What the connectors say that a recipe reads."""
    loaded, found = Recipe.load(recipe), set[Path]()
    for name, options in loaded.sources.items():
        connector = connectors.find(options.connector)
        assert isinstance(connector, Keeping)
        found |= set(connector.kept(options, HarvestContext(name, loaded.folder, store, ignore)))
    return found


@contextmanager
def asking_nobody(company: Company) -> Iterator[None]:
    asked, fetched = len(company.forge.asked), len(company.git.requests)
    yield
    assert (len(company.forge.asked), len(company.git.requests)) == (asked, fetched)


def test_all_that_is_kept_is_listed_with_what_it_is_of_what_it_took_and_who_reads_it(place: Place) -> None:
    events = place.harvest()
    (calls,) = [e.summary["calls"] for e in events if isinstance(e, StageFinished) and e.stage == "update"]
    with asking_nobody(place.company):
        listed = place.clean()
    kept = place.kept()
    assert kept.keys() == {name for name in listed if name.startswith("store/")}
    kinds = {re.sub(r"(-[^/]*)?-?[0-9a-f]{16}.*", "", name) for name in kept}
    assert kinds == {
        "store/forge/github", "store/git/history", "store/git/home", "store/git/linked", "store/git/mirror",
        "store/git/requests", "store/threads/",
    }  # fmt: skip
    assert all(
        said.startswith("kept ") and "recipe.yaml" in said for name, said in listed.items() if name in kept
    )
    (forge,) = [said for name, said in listed.items() if name.startswith("store/forge/github-payments")]
    assert f"acme/payments at {place.company.url}" in forge and "harvest/forge-" in forge
    assert calls > 5 and f"({calls:,} calls until now)" in forge and "last used 20" in forge
    told = " ".join(listed[name] for name in kept)
    for text in (
        "mirror of http://127.0.0.1",
        "index of the mails in list.mbox",
        "index of the threads of",
    ):
        assert text in told
    assert read_by(place.recipe, place.workspace / "store") >= {one.path for one in kept.values()}


def test_what_nothing_reads_is_removed_when_asked_for_and_named(place: Place) -> None:
    place.harvest()
    forge, before = place.of_forge(), place.kept()
    place.sources(OTHERS)
    place.harvest()
    listed = place.clean("--unclaimed")
    assert all("harvest/forge-" in listed[name] for name in forge - {"store/git/home"})
    assert place.kept().keys() == before.keys(), "the harvest is still there"
    place.clean("--unused")
    assert "run it again with --unclaimed" in place.said.out
    assert not list((place.workspace / "stages" / "harvest").glob("*.store.json"))
    listed = place.clean()
    assert {name for name, said in listed.items() if said.startswith("unclaimed")} == forge
    assert place.kept().keys() == before.keys(), "only what is asked for goes"
    listed = place.clean("--unclaimed")
    assert {name for name, said in listed.items() if said.startswith("removed")} == forge
    (said,) = [said for name, said in listed.items() if name.startswith("store/forge/github-payments")]
    assert "acme/payments at" in said and "calls until now" in said
    assert place.kept().keys() == before.keys() - forge
    left = {path.name for path in (place.workspace / "store").glob("*/*")}
    assert not {
        name
        for name in left
        if name.startswith(("mirror-", "requests-", "github-")) and not name.endswith(".lock")
    }
    with asking_nobody(place.company):
        place.harvest()
    place.sources(place.forge)  # and it can all be had again
    place.harvest()
    assert place.of_forge() == forge


def test_what_a_recipe_elsewhere_reads_stays_where_it_is_given(place: Place, tmp_path: Path) -> None:
    place.harvest()
    forge = place.of_forge()
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(HEAD + place.forge)
    place.sources(OTHERS)
    place.clean("--unused")
    listed = place.clean("--unclaimed", "--recipe", str(elsewhere))
    assert all(listed[name].startswith("kept") and "recipe clean" in listed[name] for name in forge)
    assert place.of_forge() == forge
    listed = place.clean("--unclaimed")
    assert all(listed[name].startswith("removed") for name in forge)


def test_a_first_harvest_that_was_stopped_loses_nothing(place: Place) -> None:
    def stop(event: Event) -> None:
        if isinstance(event, StageFinished) and event.stage == "update":
            raise Stopped("the run was stopped")

    with pytest.raises(Stopped):
        place.harvest(stop)
    (name,) = [name for name in place.of_forge() if name.startswith("store/forge/github-payments")]
    assert place.clean("--unclaimed")[name].startswith("kept")
    text = place.recipe.read_text()
    place.recipe.write_text(text.replace("holdout", "holdot"))
    listed = place.clean("--unclaimed")
    assert listed[name].startswith("kept") and "recipe.yaml, which cannot be read as a recipe" in listed[name]
    place.recipe.unlink()
    assert place.clean("--unclaimed")[name].startswith("removed")


def test_what_a_run_has_just_brought_up_to_date_is_left(place: Place) -> None:
    """Between two stages no lock of an entry is held, and a recipe need not lie where it can be found."""
    place.harvest()
    before = place.kept().keys()
    place.clean("--unused")
    listed: list[dict[str, str]] = []

    def clean(event: Event) -> None:
        if isinstance(event, StageFinished) and event.stage == "update":
            place.recipe.unlink()
            listed.append(place.clean("--unclaimed"))
            assert f"{len(before)} left in the store, as a run uses it" in place.said.out
            (place.workspace / "stages" / "mix" / "left-behind").mkdir(parents=True)
            place.clean("--unused", status=4)  # it may be what that run needs next

    place.harvest(clean)
    assert all(listed[0][name].startswith("in use") for name in before)
    assert place.kept().keys() == before


def test_an_entry_that_a_process_changes_is_left_and_said(place: Place) -> None:
    place.harvest()
    forge = place.of_forge()
    place.recipe.unlink()
    place.clean("--unused")
    (held,) = [name for name in forge if name.startswith("store/git/mirror-")]
    with locked(place.workspace / f"{held}.lock", what="the test"):
        listed = place.clean("--unclaimed")
    assert listed[held].startswith("in use") and "mirror of" in listed[held]
    assert "1 left in the store" in place.said.out
    assert place.kept().keys() == {held}


@pytest.mark.parametrize("wrong", ["list", "source"])
def test_where_it_cannot_be_said_what_is_read_all_is_left(place: Place, wrong: str) -> None:
    place.harvest()
    before = place.kept().keys()
    if wrong == "list":  # as of a version that wrote none
        place.recipe.unlink()
        for path in (place.workspace / "stages" / "harvest").glob("forge-*.store.json"):
            path.unlink()
        why = "which does not say what its harvest read"
    else:
        place.sources(OTHERS)
        place.clean("--unused")
        (place.folder / "dump").rename(place.folder / "away")
        why = "source dump of recipe.yaml"
    listed = place.clean("--unclaimed")
    assert all(listed[name].startswith("kept") and why in listed[name] for name in before)
    assert place.kept().keys() == before


def test_what_no_connector_speaks_of_is_named_and_left(place: Place) -> None:
    old = place.workspace / "store" / "git" / "mirror-old.git"
    old.mkdir(parents=True)
    (old / "HEAD").write_text("ref: refs/heads/main\n")
    listed = place.clean("--unclaimed", "--unused")
    assert listed["store/git"].startswith("unknown") and "never removed" in listed["store/git"]
    assert (old / "HEAD").exists()
