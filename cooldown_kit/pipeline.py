"""The stages in their order: the only place that knows it.

harvest → render → curate → tokenise → mix → train → evaluate → report. Each stage's output is content-addressed: what did not
change is found, not made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cooldown_kit import __version__, stages
from cooldown_kit import connector as connectors
from cooldown_kit.connector import Estimate, Estimating
from cooldown_kit.errors import Stopped
from cooldown_kit.events import Artefact, Emit, Event, Message, ignore
from cooldown_kit.extras import require_train
from cooldown_kit.findings import findings, refuse_errors
from cooldown_kit.model.facts import read_facts
from cooldown_kit.model.locate import LocalModel, RandomModel, locate
from cooldown_kit.model.resolve import ModelFolder, check_model, prepare_model
from cooldown_kit.model.tokenizer import special_token_names
from cooldown_kit.preflight import make_plan
from cooldown_kit.recipe import Recipe
from cooldown_kit.run_folder import EventLog, RunFolder, link_tree
from cooldown_kit.stages import Prepared
from cooldown_kit.waiting import Waiting
from cooldown_kit.workspace import StageOutput, Workspace, digest_of, locked, storage_error

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
    waiting = Waiting(on_event, should_stop) if wait_for_locks else None
    workspace = Workspace(recipe.workspace_path, wait=waiting)
    check(recipe, workspace, on_event)
    _update_sources(recipe, workspace, _stoppable(on_event, should_stop))
    model = _prepare_model(recipe, workspace, on_event)
    key = _run_key(recipe, workspace, model)
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
                if waiting:
                    waiting.emit = log.emit
                _work(recipe, workspace, model, folder, log.emit, should_stop)
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
    workspace = _workspace(recipe, on_event, should_stop, wait_for_locks)
    emit = _stoppable(on_event, should_stop)
    check(recipe, workspace, on_event)
    _update_sources(recipe, workspace, emit)
    model = _prepare_model(recipe, workspace, on_event)
    return make_plan(recipe, workspace, prepare(recipe, workspace, model, emit))


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
    workspace = _workspace(recipe, on_event, should_stop, wait_for_locks)
    emit = _stoppable(on_event, should_stop)
    _check_sources(recipe, workspace, on_event)
    _update_sources(recipe, workspace, emit)
    tokens = _special_tokens(recipe, workspace, None, on_event)
    _, curated = _documents(recipe, workspace, tokens, emit)
    return Harvest(
        documents_path=curated.path / "documents.parquet",
        rejects_path=curated.path / "rejects.parquet",
        preferences_path=curated.path / "preferences.parquet" if recipe.render.preferences else None,
        summary=curated.summary,
    )


def estimate_harvest(recipe: Recipe, *, on_event: Emit = ignore) -> dict[str, list[Estimate]]:
    """What a harvest would ask of systems that answer question by question (forges): source → calls, points and time by stream.

    Sources that lie on disk, or are fetched as a whole, are not in it. Asks a handful of questions; stores nothing.
    Raises :class:`~cooldown_kit.errors.CooldownError` for everything that would stop the harvest.
    """
    workspace = Workspace(recipe.workspace_path)
    _check_sources(recipe, workspace, on_event)
    found = {}
    for name, options in recipe.sources.items():
        connector = connectors.find(options.connector)
        if isinstance(connector, Estimating):
            context = stages.harvest_context(recipe, workspace, name, on_event)
            found[name] = connector.estimate(options, context)
    return found


def check(recipe: Recipe, workspace: Workspace, emit: Emit) -> None:
    """Everything that can be checked in seconds, before anything costs: what is installed, every source, the model."""
    require_train()
    _check_sources(recipe, workspace, emit)
    check_model(recipe.model, recipe.folder)
    if recipe.mix.shares is not None:
        # sizes do not matter yet: unknown names and double claims are found before anything is harvested
        stages.plan_shares(
            recipe,
            {name: {"tokens": 10**15, "documents": 1} for name in stages.families(recipe)},
            context_length=10**9,
        )


def prepare(recipe: Recipe, workspace: Workspace, model: ModelFolder, emit: Emit) -> Prepared:
    """Harvest, render, curate, tokenise and plan the mixture; every step is found if it was done before."""
    facts = read_facts(model.path)
    special = _special_tokens(recipe, workspace, model, emit)
    sources, curated = _documents(recipe, workspace, special, emit)
    tokens = stages.tokenise(recipe, workspace, model, curated, emit)
    mixture = stages.plan_shares(recipe, tokens.summary["streams"], context_length=facts.context_length)
    return Prepared(model, facts, sources, curated, tokens, mixture)


def _check_sources(recipe: Recipe, workspace: Workspace, emit: Emit) -> None:
    for name, options in recipe.sources.items():
        context = stages.harvest_context(recipe, workspace, name, emit)
        connectors.find(options.connector).check(options, context)


def _update_sources(recipe: Recipe, workspace: Workspace, emit: Emit) -> None:
    """Once a run: all that follows speaks of one state of each source."""
    try:
        for name, options in recipe.sources.items():
            stages.update(recipe, workspace, name, options, emit)
    except OSError as error:  # what is kept of a source lies beside the stages
        raise storage_error(error, workspace.root) from error


def _documents(
    recipe: Recipe, workspace: Workspace, special_tokens: frozenset[str], emit: Emit
) -> tuple[dict[str, tuple[StageOutput, StageOutput]], StageOutput]:
    """Every source's harvest and rendered documents, and the curated documents of all."""
    sources = {}
    for name, options in recipe.sources.items():
        records = stages.harvest(recipe, workspace, name, options, emit)
        rendered = stages.render(recipe, workspace, name, options, records, special_tokens, emit)
        sources[name] = (records, rendered)
    return sources, stages.curate(recipe, workspace, [rendered for _, rendered in sources.values()], emit)


def _special_tokens(
    recipe: Recipe, workspace: Workspace, model: ModelFolder | None, emit: Emit
) -> frozenset[str]:
    """The special tokens of the model's tokenizer, where the recipe's layouts may use them.

    Their names stand in ``tokenizer.json``. Only a model that is a GGUF file, or has yet to be downloaded, must be prepared for them.
    """
    if not recipe.render.special_tokens:
        return frozenset()
    found = locate(recipe.model, recipe.folder)
    if isinstance(found, RandomModel):
        folder = found.tokenizer
    elif isinstance(found, LocalModel):
        folder = found.path
    else:
        require_train()
        folder = (model or _prepare_model(recipe, workspace, emit)).path
    return frozenset(special_token_names(folder))


def _work(
    recipe: Recipe,
    workspace: Workspace,
    model: ModelFolder,
    folder: RunFolder,
    log: Emit,
    should_stop: Callable[[], bool],
) -> None:
    """Everything between the lock of a run and its result."""
    emit = _stoppable(log, should_stop)
    prepared = prepare(recipe, workspace, model, emit)
    found = findings(recipe, prepared)
    for finding in found:
        emit(Message(stage="plan", level=finding.level, text=finding.text))
    refuse_errors(found)
    folder.state.warnings = [finding.text for finding in found]
    for output in prepared.stages:
        folder.record(output)
    _cool_down(recipe, workspace, prepared, folder, emit, should_stop)
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


def _workspace(
    recipe: Recipe, emit: Emit, should_stop: Callable[[], bool], wait_for_locks: bool
) -> Workspace:
    return Workspace(recipe.workspace_path, wait=Waiting(emit, should_stop) if wait_for_locks else None)


def _announce(folder: RunFolder, emit: Emit) -> None:
    """Say where the results are, also where nothing had to be done for them."""
    for name in ("adapter", "model", "report.html"):
        if (folder.path / name).exists():
            emit(Artefact(stage="run", name=name.removesuffix(".html"), path=str(folder.path / name)))


def _prepare_model(recipe: Recipe, workspace: Workspace, emit: Emit) -> ModelFolder:
    return prepare_model(recipe.model, folder=recipe.folder, workspace=workspace, emit=emit, seed=recipe.seed)


def _run_key(recipe: Recipe, workspace: Workspace, model: ModelFolder) -> str:
    """Changes with the recipe, with what the sources hold now, with the model, and with the kit."""
    sources = {
        name: dict(
            connectors.find(options.connector).fingerprint(
                options, stages.harvest_context(recipe, workspace, name, ignore)
            )
        )
        for name, options in recipe.sources.items()
    }
    return digest_of([__version__, stages.VERSIONS, recipe.model_dump(mode="json"), sources, model.digest])


def _stoppable(emit: Emit, should_stop: Callable[[], bool]) -> Emit:
    """An ``emit`` at which a run can be stopped: stages emit often, and leave nothing half-written when it raises.

    Training is left out: it saves a checkpoint first and stops by itself.
    """

    def emit_or_stop(event: Event) -> None:
        emit(event)
        if event.stage != "train" and should_stop():
            raise Stopped(
                "the run was stopped",
                where=f"stage {event.stage}",
                remedy="run it again: it continues after the last finished stage",
            )

    return emit_or_stop


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
