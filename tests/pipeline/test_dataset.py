"""Pinned datasets: what a harvest kept is used as it is, by recipes that read no source, to the same bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cooldown_kit as ck
from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.events import Event, StageStarted
from cooldown_kit.gather import gather
from cooldown_kit.lineage import trace
from cooldown_kit.preparing import Preparation
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.samples import samples

SOURCES = """\
sources:
  code: {connector: git, path: repository}
  book: {connector: text, path: "handbook/**/*.md"}
"""


def keep(project: Any, name: str = "kept", *overrides: str) -> ck.Dataset:
    return ck.keep_dataset(ck.Recipe.load(project.recipe, overrides), project.folder / name)


def pin(project: Any, name: str = "kept") -> None:
    """Make the recipe read the dataset, and nothing else: its sources are gone."""
    project.edit(SOURCES, f"dataset: {name}\n")
    for folder in ("repository", "handbook"):
        if (project.folder / folder).exists():
            shutil.rmtree(project.folder / folder)


def rewrite(dataset: ck.Dataset, change: Callable[[dict[str, Any]], None]) -> None:
    about = json.loads((dataset.path / "dataset.json").read_text())
    change(about)
    (dataset.path / "dataset.json").write_text(json.dumps(about))


def facts(recipe: ck.Recipe, result: ck.Result) -> Any:
    """All that the report of a run shows but for names, times and the pinning itself."""
    run = RunFolder.open(result.run_path)
    preparation = Preparation.of(recipe, lambda event: None, lambda: False, wait_for_locks=False)
    prepared = preparation.prepare(preparation.model(lambda event: None), lambda event: None)
    contents = vars(gather(preparation.recipe, prepared, run, result.evidence))
    shown = {
        name: value
        for name, value in contents.items()
        if name not in ("run", "made_at", "recipe", "timings", "history", "evidence", "lineage")
    }
    shown["choices"] = [
        (choice.option, choice.value) for choice in contents["choices"]
    ]  # reasons name free memory
    lineage = [
        (item.what, item.digest)
        for item in contents["lineage"]
        if item.what not in ("pinned dataset", "model")
    ]
    return shown, lineage


def test_a_run_from_a_dataset_is_the_run_from_the_sources(project: Any) -> None:
    straight_recipe = ck.Recipe.load(project.recipe)
    straight = ck.run(straight_recipe)
    expected = facts(straight_recipe, straight)
    kept = keep(project)
    pin(project)
    recipe = ck.Recipe.load(project.recipe, ["workspace=elsewhere"])
    events: list[Event] = []
    pinned = ck.run(recipe, on_event=events.append)

    one, other = RunFolder.open(straight.run_path), RunFolder.open(pinned.run_path)
    assert one.summary("mix")["fingerprint"] == other.summary("mix")["fingerprint"]
    assert (straight.model_path / "model.safetensors").read_bytes() == (
        pinned.model_path / "model.safetensors"
    ).read_bytes()
    shown, lineage = facts(recipe, pinned)
    assert lineage == expected[1]
    for name, value in expected[0].items():
        assert shown[name] == value, name
    assert pinned.evidence.rows == straight.evidence.rows
    started = {event.stage for event in events if isinstance(event, StageStarted)}
    assert "dataset" in started
    assert not started & {"update", "harvest", "render", "curate"}
    assert kept.digest in pinned.report_path.read_text()
    settled = ck.Recipe.parse((pinned.run_path / "recipe.yaml").read_text(), folder=project.folder)
    assert settled.sources == straight_recipe.sources

    assert not ck.run(recipe).worked, "an unchanged recipe does no work"
    shutil.move(project.folder / "kept", project.folder / "moved")
    project.edit("dataset: kept", "dataset: moved")
    moved = ck.Recipe.load(project.recipe, ["workspace=elsewhere"])
    assert ck.run(moved).run_path == pinned.run_path, "what it holds counts, not where it is"


def test_records_are_said_not_to_be_there_and_everything_else_can_be_looked_at(project: Any) -> None:
    keep(project)
    pin(project)
    run = RunFolder.open(ck.run(ck.Recipe.load(project.recipe)).run_path)
    for sequence in range(0, run.summary("mix")["rows"], 40):
        assert all(piece.document for piece in trace(run, sequence))
    for stage in ("harvest", "skipped"):
        with pytest.raises(InputError, match="pinned dataset, in which records are not kept"):
            samples(run, stage)
    for stage in ("documents", "heldout", "mixture", "generations"):
        assert samples(run, stage, count=1), stage  # type: ignore[arg-type]
    status, out, err = project.cooldown("inspect")
    assert status == 0, err
    assert out.count("records are not kept") == 2
    assert "=== mixture ===" in out
    for arguments in (["--stage", "harvest"], ["--layouts"]):
        status, _, err = project.cooldown("inspect", *arguments)
        assert status == 2
        assert "records are not kept" in err
        assert "Traceback" not in err
    status, out, err = project.cooldown("trace", "latest", "--sequence", "3", "--text")
    assert status == 0, err


def test_a_dataset_is_whole_in_itself_and_says_what_it_was_made_with(project: Any) -> None:
    made = ck.harvest(ck.Recipe.load(project.recipe))
    kept = keep(project)
    assert {path.name for path in kept.path.iterdir()} == {
        "documents.parquet",
        "rejects.parquet",
        "dataset.json",
    }
    assert kept.documents_path.read_bytes() == made.documents_path.read_bytes()
    assert kept.documents_path.stat().st_ino == made.documents_path.stat().st_ino, "no second copy"
    assert kept.summary == made.summary
    assert kept.preferences_path is None
    assert kept.streams == {
        "code.commits": "code",
        "code.files": "code",
        "code.notebooks": "code",
        "book.pages": "text",
    }
    about = json.loads((kept.path / "dataset.json").read_text())
    assert about["format"] == 1
    assert about["recipe"].keys() == {"sources", "render", "holdout", "curate", "seed"}
    assert about["recipe"]["holdout"]["undated"] == 0.25
    assert about["sources"]["code"]["harvest"]["summary"]["records"]["commits"] == 18
    shutil.rmtree(project.workspace)
    assert ck.Dataset.open(kept.path) == kept


def test_preference_pairs_are_kept_where_the_recipe_asks_for_them(project: Any) -> None:
    project.edit("mix:\n", "render: {preferences: true}\nmix:\n")
    kept = keep(project)
    assert kept.preferences_path is not None and kept.preferences_path.exists()
    pin(project)
    project.edit("render: {preferences: true}\n", "")
    assert ck.harvest(ck.Recipe.load(project.recipe)).preferences_path == kept.preferences_path


def test_keeping_again_changes_nothing_and_another_one_is_refused(project: Any) -> None:
    first = keep(project)
    before = {path: path.stat().st_mtime_ns for path in first.path.iterdir()}
    shutil.rmtree(project.workspace / "stages")
    assert keep(project, "kept", "mix.tokens=4k").digest == first.digest
    assert before == {path: path.stat().st_mtime_ns for path in first.path.iterdir()}
    (project.folder / "handbook" / "new.md").write_text("# New\n\nA page that was not there before.\n" * 5)
    with pytest.raises(InputError, match="another dataset is kept here"):
        keep(project)
    assert keep(project, "newer").digest != first.digest
    assert ck.Dataset.open(first.path) == first
    (project.folder / "full").mkdir()
    (project.folder / "full" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="something else here"):
        keep(project, "full")
    assert not [p for p in project.folder.iterdir() if p.name.endswith(".partial")]


def test_what_fails_in_the_middle_leaves_no_dataset(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cooldown_kit.dataset_writer.write_whole", full)
    with pytest.raises(ck.CooldownError, match="the disk is full"):
        keep(project)
    assert not [p for p in project.folder.iterdir() if p.name.startswith((".kept", "kept"))]


def _change_documents(dataset: ck.Dataset) -> None:
    data = bytearray(dataset.documents_path.read_bytes())
    data[len(data) // 2] ^= 1
    dataset.documents_path.unlink()  # it is a hard link
    dataset.documents_path.write_bytes(bytes(data))


def _cut_rejects(dataset: ck.Dataset) -> None:
    dataset.rejects_path.unlink()


def _change_recipe(dataset: ck.Dataset) -> None:
    rewrite(dataset, lambda about: about["recipe"].update(seed=99))


def _break(dataset: ck.Dataset) -> None:
    (dataset.path / "dataset.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "names"),
    [
        (_change_documents, "documents.parquet"),
        (_cut_rejects, "rejects.parquet"),
        (_change_recipe, "dataset.json"),
        (_break, "dataset.json"),
    ],
)
def test_a_dataset_that_was_changed_is_refused_by_name(
    project: Any, spoil: Callable[[ck.Dataset], None], names: str
) -> None:
    kept = keep(project)
    spoil(kept)
    with pytest.raises(InputError, match=rf"(?s){names}.*was changed.*keep it again"):
        ck.Dataset.open(kept.path)


def test_a_missing_dataset_and_one_of_a_newer_kit_are_refused(project: Any) -> None:
    kept = keep(project)
    pin(project, "kpt")
    status, _, err = project.cooldown("plan")
    assert status == 2
    assert "there is no dataset here" in err and "kpt" in err
    rewrite(kept, lambda about: about.update(format=99))
    with pytest.raises(InputError, match="format 99"):
        ck.Dataset.open(kept.path)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("path: repository", "path: other", "sources.code.path"),
        ("  book: {connector", "  bok: {connector", "sources.book"),
        ("holdout: {newest: 25%, undated: 25%}", "holdout: {newest: 25%, undated: 20%}", "holdout.undated"),
        ("mix:\n", "curate: {exact_duplicates: false}\nmix:\n", "curate.exact_duplicates"),
        ("mix:\n", "render: {pseudonyms: false}\nmix:\n", "render.pseudonyms"),
    ],
)
def test_a_recipe_that_says_something_else_than_the_dataset_is_refused_with_the_first_key(
    project: Any, old: str, new: str, place: str
) -> None:
    keep(project)
    project.edit("sources:\n", "dataset: kept\nsources:\n")
    ck.harvest(ck.Recipe.load(project.recipe))
    project.edit(old, new)
    with pytest.raises(RecipeError, match="something else than the dataset") as error:
        ck.harvest(ck.Recipe.load(project.recipe))
    assert error.value.where == place


def test_without_sources_the_data_half_may_stay_at_its_defaults_but_not_contradict(project: Any) -> None:
    keep(project, "kept", "render.pseudonyms=false")
    pin(project)
    project.edit("holdout: {newest: 25%, undated: 25%}\n", "")
    recipe = ck.Recipe.load(project.recipe)
    settled = ck.Dataset.open(project.folder / "kept").settle(recipe)
    assert settled.render.pseudonyms is False and settled.holdout.undated == 0.25
    assert set(settled.sources) == {"code", "book"}
    assert (settled.mix, settled.train, settled.folder) == (recipe.mix, recipe.train, recipe.folder)
    written = ck.Recipe.parse(recipe.to_yaml(), folder=project.folder)
    assert ck.Dataset.open(project.folder / "kept").settle(written) == settled, "also written out"
    with pytest.raises(RecipeError) as error:
        ck.harvest(ck.Recipe.load(project.recipe, ["holdout={newest: 25%, undated: 10%}"]))
    assert error.value.where == "holdout.undated"


def test_another_seed_trains_differently_on_the_same_documents(project: Any) -> None:
    kept = keep(project)
    pin(project)
    recipe = ck.Recipe.load(project.recipe, ["seed=5"])
    assert ck.plan(recipe).sequences
    assert ck.harvest(recipe).documents_path == kept.documents_path


def test_a_recipe_that_reads_a_dataset_keeps_none(project: Any) -> None:
    keep(project)
    pin(project)
    with pytest.raises(RecipeError, match="nothing new to keep"):
        keep(project, "again")
    assert ck.estimate_harvest(ck.Recipe.load(project.recipe)) == {}


def test_the_command_keeps_a_dataset_and_says_where(project: Any) -> None:
    status, out, err = project.cooldown("harvest", "--keep", "sets/first")
    assert status == 0, err
    kept = ck.Dataset.open(project.folder / "sets" / "first")
    assert f"Dataset    {kept.path}" in out
    status, out, err = project.cooldown("harvest", "--keep", "sets/first", "--json")
    assert status == 0, err
    made = json.loads(out)
    assert (made["digest"], Path(made["documents_path"])) == (kept.digest, kept.documents_path)
    assert made["summary"]["totals"] == kept.summary["totals"]


def test_shares_of_streams_that_the_dataset_does_not_have_are_refused(project: Any) -> None:
    keep(project)
    pin(project)
    project.edit("code.files: 25%", "code.fils: 25%")
    with pytest.raises(RecipeError, match=r"code\.fils"):
        ck.plan(ck.Recipe.load(project.recipe))
