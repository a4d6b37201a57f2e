"""The stages in their order: the only place that knows it.

harvest → render → curate → tokenise → mix → train → evaluate → report. Each stage's output is content-addressed: what did not
change is found, not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cooldown_kit import connector as connectors
from cooldown_kit import stages
from cooldown_kit.connector import Estimate, Estimating
from cooldown_kit.dataset import Dataset
from cooldown_kit.dataset_writer import write_dataset
from cooldown_kit.errors import RecipeError
from cooldown_kit.events import Artefact, Emit, Message, ignore
from cooldown_kit.findings import findings, refuse_errors
from cooldown_kit.model.resolve import ModelFolder
from cooldown_kit.preflight import make_plan
from cooldown_kit.preparing import Preparation, stoppable
from cooldown_kit.recipe import Recipe
from cooldown_kit.run_folder import EventLog, RunFolder, link_tree
from cooldown_kit.stages import Prepared, Sources
from cooldown_kit.waiting import Waiting
from cooldown_kit.workspace import StageOutput, Workspace, locked, storage_error

if TYPE_CHECKING:
    from cooldown_kit.evaluate.evidence import Evidence
    from cooldown_kit.preflight import Plan


@dataclass(frozen=True)
class Result:
    """What a run gives back."""

    run_path: Path
    model_path: Path
    """The cooled-down model: an ordinary transformers folder."""
    adapter_path: Path | None
    """The adapter, where the method has one."""
    report_path: Path
    evidence: Evidence
    worked: bool
    """False where everything was there already and nothing was computed."""


@dataclass(frozen=True)
class Harvest:
    """Clean documents, and what became of the rest."""

    documents_path: Path
    """Parquet: the curated documents, split into training and held-out (``cooldown_kit.documents.SCHEMA``)."""
    rejects_path: Path
    """Parquet: the documents that were dropped, each with its reason."""
    preferences_path: Path | None
    """Parquet: pairs for preference training (``cooldown_kit.preferences.SCHEMA``), where the recipe asks for them."""
    summary: Mapping[str, Any]
    """Counters by stream: read, kept, held out, dropped by reason."""


def run(
    recipe: Recipe,
    *,
    on_event: Emit = ignore,
    should_stop: Callable[[], bool] = lambda: False,
    wait_for_locks: bool = False,
) -> Result:
    """Do everything that the recipe says, or continue where an earlier try was stopped; returns the result.

    ``on_event`` sees every event. ``should_stop`` is asked again and again: once it answers true, training saves a
    checkpoint, everything else leaves nothing half-written, and :class:`~cooldown_kit.errors.Stopped` is raised.
    What another process works on, the run itself or a stage that both need, is a :class:`~cooldown_kit.errors.StorageError`;
    with ``wait_for_locks`` this one waits for it, says so once, and takes what the other made.
    Raises :class:`~cooldown_kit.errors.CooldownError` for everything a person can put right.
    """
    preparation = Preparation.of(recipe, on_event, should_stop, wait_for_locks=wait_for_locks)
    with preparation.workspace.using_store():
        return _run(preparation, on_event, should_stop)


def _run(preparation: Preparation, on_event: Emit, should_stop: Callable[[], bool]) -> Result:
    recipe, workspace = preparation.recipe, preparation.workspace
    preparation.check(on_event)
    preparation.update_sources(stoppable(on_event, should_stop))
    model = preparation.model(on_event)
    key = preparation.run_key(model)
    folder = RunFolder.create(workspace, recipe.name, key)
    if folder.finished:
        _announce(folder, on_event)
        return _result(folder, worked=False)
    try:
        with locked(folder.lock, what=f"run {folder.path.name}", wait=workspace.wait):
            # another process may have worked on it since
            folder = RunFolder.create(workspace, recipe.name, key)
            if folder.finished:
                _announce(folder, on_event)
                return _result(folder, worked=False)
            with EventLog(folder, on_event) as log:
                if isinstance(workspace.wait, Waiting):
                    workspace.wait.emit = log.emit
                _work(preparation, model, folder, log.emit, should_stop)
    except OSError as error:  # the run's own folder, beside the stages
        raise storage_error(error, folder.path) from error
    return _result(folder, worked=True)


def plan(
    recipe: Recipe,
    *,
    on_event: Emit = ignore,
    should_stop: Callable[[], bool] = lambda: False,
    wait_for_locks: bool = False,
) -> Plan:
    """What a run of this recipe would do and cost. Harvests, curates and tokenises (a run reuses that); trains nothing.

    ``should_stop`` and ``wait_for_locks`` are as in :func:`run`.
    Raises :class:`~cooldown_kit.errors.CooldownError` for everything that would stop the run.
    """
    preparation = Preparation.of(recipe, on_event, should_stop, wait_for_locks=wait_for_locks)
    emit = stoppable(on_event, should_stop)
    with preparation.workspace.using_store():
        preparation.check(on_event)
        preparation.update_sources(emit)
        model = preparation.model(on_event)
        return make_plan(preparation.recipe, preparation.workspace, preparation.prepare(model, emit))


def harvest(
    recipe: Recipe,
    *,
    on_event: Emit = ignore,
    should_stop: Callable[[], bool] = lambda: False,
    wait_for_locks: bool = False,
) -> Harvest:
    """Harvest, render and curate, and stop there: clean documents for any other use. Needs no torch.

    It needs no model either, unless layouts are to use the special tokens of its tokenizer. A later :func:`run` of the same recipe in the same workspace finds all of it done.
    ``should_stop`` and ``wait_for_locks`` are as in :func:`run`.
    Raises :class:`~cooldown_kit.errors.CooldownError` for everything a person can put right.
    """
    preparation = Preparation.of(recipe, on_event, should_stop, wait_for_locks=wait_for_locks)
    _, curated = _harvested(preparation, on_event, should_stop)
    return Harvest(
        documents_path=curated.path / "documents.parquet",
        rejects_path=curated.path / "rejects.parquet",
        preferences_path=curated.path / "preferences.parquet"
        if preparation.recipe.render.preferences
        else None,
        summary=curated.summary,
    )


def keep_dataset(
    recipe: Recipe,
    folder: str | Path,
    *,
    on_event: Emit = ignore,
    should_stop: Callable[[], bool] = lambda: False,
    wait_for_locks: bool = False,
) -> Dataset:
    """Harvest as :func:`harvest` does, and keep the documents in ``folder``, for recipes that name it as their ``dataset``.

    The folder holds all that such a recipe needs: it may be moved or copied, and no workspace and no source is asked for it again.
    It appears whole or not at all; keeping the same dataset again changes nothing.
    Raises :class:`~cooldown_kit.errors.InputError` where anything else is in the folder, :class:`~cooldown_kit.errors.RecipeError`
    where the recipe reads a dataset itself, and :class:`~cooldown_kit.errors.CooldownError` for everything else a person can put right.
    """
    if recipe.dataset is not None:
        raise RecipeError(
            "the recipe reads a dataset that was kept before, so there is nothing new to keep",
            where="dataset",
            remedy="copy that folder, or leave `dataset` out to harvest again",
        )
    preparation = Preparation.of(recipe, on_event, should_stop, wait_for_locks=wait_for_locks)
    sources, curated = _harvested(preparation, on_event, should_stop)
    dataset = write_dataset(Path(folder), recipe, sources, curated, preparation.families())
    on_event(Artefact(stage="dataset", name="dataset", path=str(dataset.path)))
    return dataset


def _harvested(
    preparation: Preparation, on_event: Emit, should_stop: Callable[[], bool]
) -> tuple[Sources, StageOutput]:
    emit = stoppable(on_event, should_stop)
    with preparation.workspace.using_store():
        preparation.check_sources(on_event)
        preparation.update_sources(emit)
        return preparation.documents(None, emit)


def estimate_harvest(recipe: Recipe, *, on_event: Emit = ignore) -> dict[str, list[Estimate]]:
    """What a harvest would ask of systems that answer question by question (forges): source → calls, points and time by stream.

    Sources that lie on disk, or are fetched as a whole, are not in it. Asks a handful of questions; stores nothing.
    Raises :class:`~cooldown_kit.errors.CooldownError` for everything that would stop the harvest.
    """
    preparation = Preparation.of(recipe, on_event, lambda: False, wait_for_locks=False)
    found = {}
    with preparation.workspace.using_store():
        preparation.check_sources(on_event)
        for name, options in recipe.sources.items() if preparation.dataset is None else ():
            connector = connectors.find(options.connector)
            if isinstance(connector, Estimating):
                context = stages.harvest_context(recipe, preparation.workspace, name, on_event)
                found[name] = connector.estimate(options, context)
    return found


def _work(
    preparation: Preparation,
    model: ModelFolder,
    folder: RunFolder,
    log: Emit,
    should_stop: Callable[[], bool],
) -> None:
    """Everything between the lock of a run and its result."""
    recipe = preparation.recipe
    emit = stoppable(log, should_stop)
    prepared = preparation.prepare(model, emit)
    found = findings(recipe, prepared)
    for finding in found:
        emit(Message(stage="plan", level=finding.level, text=finding.text))
    refuse_errors(found)
    folder.state.warnings = [finding.text for finding in found]
    for output in prepared.stages:
        folder.record(output)
    _cool_down(recipe, preparation.workspace, prepared, folder, emit, should_stop)
    folder.state.status = "finished"
    folder.save()
    _announce(folder, log)


def _cool_down(
    recipe: Recipe,
    workspace: Workspace,
    prepared: Prepared,
    folder: RunFolder,
    emit: Emit,
    should_stop: Callable[[], bool],
) -> None:
    """Mix, train, evaluate before and after, and report."""
    from cooldown_kit.evaluate.evidence import compare
    from cooldown_kit.gather import write_results

    mixture = stages.mix(recipe, workspace, prepared, emit)
    folder.record(mixture)
    before = stages.score(
        recipe, workspace, "before", prepared.model.path, prepared.model.digest, prepared, emit
    )
    folder.record(before)
    trained = stages.train(recipe, workspace, prepared, mixture, emit, should_stop)
    folder.record(trained)
    after = stages.score(recipe, workspace, "after", trained.path / "model", trained.digest, prepared, emit)
    folder.record(after)
    evidence = compare(before.path, after.path, recipe.evaluate, seed=recipe.seed)
    for part in ("adapter", "model"):
        if (trained.path / part).exists():
            link_tree(trained.path / part, folder.path / part)
    write_results(recipe, prepared, folder, evidence)


def _announce(folder: RunFolder, emit: Emit) -> None:
    """Say where the results are, also where nothing had to be done for them."""
    for name in ("adapter", "model", "report.html"):
        if (folder.path / name).exists():
            emit(Artefact(stage="run", name=name.removesuffix(".html"), path=str(folder.path / name)))


def _result(folder: RunFolder, *, worked: bool) -> Result:
    from cooldown_kit.evaluate.evidence import Evidence

    adapter = folder.path / "adapter"
    return Result(
        run_path=folder.path,
        model_path=folder.path / "model",
        adapter_path=adapter if adapter.exists() else None,
        report_path=folder.path / "report.html",
        evidence=Evidence.load(folder.path / "evidence"),
        worked=worked,
    )
