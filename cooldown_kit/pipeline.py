"""The stages in their order: the only place that knows it.

harvest → render → curate → tokenise → mix → train → evaluate → report. Each stage's output is content-addressed: what did not
change is found, not made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from cooldown_kit import __version__, records
from cooldown_kit import connector as connectors
from cooldown_kit.connector import HarvestContext, SourceOptions
from cooldown_kit.curate import secret_rules
from cooldown_kit.curate import stage as curate_stage
from cooldown_kit.errors import Stopped
from cooldown_kit.evaluate import stage as evaluate_stage
from cooldown_kit.events import Artefact, Emit, Event, Message, ignore
from cooldown_kit.mix import stage as mix_stage
from cooldown_kit.mix import tokens as tokens_stage
from cooldown_kit.mix.shares import MixPlan, StreamSize, plan_mixture
from cooldown_kit.model.facts import ModelFacts, read_facts
from cooldown_kit.model.fingerprint import tokenizer_digest
from cooldown_kit.model.resolve import ModelFolder, check_model, prepare_model
from cooldown_kit.preflight import findings, make_plan, refuse_errors, remember_speed
from cooldown_kit.recipe import GOALS, Recipe
from cooldown_kit.render import stage as render_stage
from cooldown_kit.run_folder import EventLog, RunFolder, link_tree
from cooldown_kit.train import stage as train_stage
from cooldown_kit.train.history import read as read_history
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.workspace import StageOutput, StageSpec, Workspace, digest_of

if TYPE_CHECKING:
    from cooldown_kit.evaluate.evidence import Evidence
    from cooldown_kit.preflight import Plan

HARVEST_VERSION = 1


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
class Prepared:
    """Everything up to the planned mixture: what `plan` shows and `run` continues from."""

    model: ModelFolder
    facts: ModelFacts
    sources: Mapping[str, tuple[StageOutput, StageOutput]]
    """Source → its harvest and its rendered documents."""
    curated: StageOutput
    tokens: StageOutput
    mixture: MixPlan

    @property
    def stages(self) -> list[StageOutput]:
        return [*(s for pair in self.sources.values() for s in pair), self.curated, self.tokens]


def run(
    recipe: Recipe,
    *,
    on_event: Emit = ignore,
    should_stop: Callable[[], bool] = lambda: False,
) -> Result:
    """Do everything that the recipe says, or continue where an earlier try was stopped; returns the result.

    ``on_event`` sees every event. ``should_stop`` is asked again and again: once it answers true, training saves a
    checkpoint, everything else leaves nothing half-written, and :class:`~cooldown_kit.errors.Stopped` is raised.
    Raises :class:`~cooldown_kit.errors.CooldownError` for everything a person can put right.
    """
    workspace = Workspace(recipe.workspace_path)
    check(recipe, workspace, on_event)
    model = _prepare_model(recipe, workspace, on_event)
    folder = RunFolder.create(workspace, recipe.name, _run_key(recipe, workspace, model))
    if folder.finished:
        return _result(folder, worked=False)
    with EventLog(folder, on_event) as log:
        emit = _stoppable(log.emit, should_stop)
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
    return _result(folder, worked=True)


def plan(recipe: Recipe, *, on_event: Emit = ignore) -> Plan:
    """What a run of this recipe would do and cost. Harvests, curates and tokenises (a run reuses that); trains nothing.

    Raises :class:`~cooldown_kit.errors.CooldownError` for everything that would stop the run.
    """
    workspace = Workspace(recipe.workspace_path)
    check(recipe, workspace, on_event)
    model = _prepare_model(recipe, workspace, on_event)
    return make_plan(recipe, workspace, prepare(recipe, workspace, model, on_event))


def check(recipe: Recipe, workspace: Workspace, emit: Emit) -> None:
    """Everything that can be checked in seconds, before anything costs: every source and the model can be read."""
    for name, options in recipe.sources.items():
        connectors.find(options.connector).check(options, _context(recipe, workspace, name, emit))
    check_model(recipe.model, recipe.folder)
    if recipe.mix.shares is not None:
        # sizes do not matter yet: unknown names and double claims are found before anything is harvested
        _plan_mixture(
            recipe,
            {name: {"tokens": 10**15, "documents": 1} for name in _families(recipe)},
            context_length=10**9,
        )


def prepare(recipe: Recipe, workspace: Workspace, model: ModelFolder, emit: Emit) -> Prepared:
    """Harvest, render, curate, tokenise and plan the mixture; every step is found if it was done before."""
    facts = read_facts(model.path)
    sources = {}
    for name, options in recipe.sources.items():
        harvest = _harvest(recipe, workspace, name, options, emit)
        sources[name] = (harvest, _render(recipe, workspace, name, options, harvest, emit))
    curated = _curate(recipe, workspace, [rendered for _, rendered in sources.values()], emit)
    tokens = _tokenise(recipe, workspace, model, curated, emit)
    mixture = _plan_mixture(recipe, tokens.summary["streams"], context_length=facts.context_length)
    return Prepared(model, facts, sources, curated, tokens, mixture)


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

    mixture = _mix(recipe, workspace, prepared, emit)
    folder.record(mixture)
    before = _score(recipe, workspace, "before", prepared.model.path, prepared.model.digest, prepared, emit)
    folder.record(before)
    trained = _train(recipe, workspace, prepared, mixture, emit, should_stop)
    folder.record(trained)
    after = _score(recipe, workspace, "after", trained.path / "model", trained.digest, prepared, emit)
    folder.record(after)
    evidence = compare(before.path, after.path, recipe.evaluate, seed=recipe.seed)
    for part in ("adapter", "model"):
        if (trained.path / part).exists():
            link_tree(trained.path / part, folder.path / part)
            emit(Artefact(stage="train", name=part, path=str(folder.path / part)))
    write_results(recipe, prepared, folder, evidence)
    emit(Artefact(stage="report", name="report", path=str(folder.path / "report.html")))


def _harvest(
    recipe: Recipe, workspace: Workspace, name: str, options: SourceOptions, emit: Emit
) -> StageOutput:
    connector = connectors.find(options.connector)
    context = _context(recipe, workspace, name, emit)
    fingerprint = dict(connector.fingerprint(options, context))
    spec = StageSpec(
        "harvest",
        name,
        {"source": fingerprint},
        options.model_dump(mode="json"),
        HARVEST_VERSION,
        private=True,
    )

    def work(out: Path) -> Mapping[str, Any]:
        taken, skipped = Counter[str](), Counter[str]()
        with (
            records.LineWriter(out / "records.jsonl.zst") as good,
            records.LineWriter(out / "skipped.jsonl.zst") as bad,
        ):
            for item in connector.harvest(options, context):
                if isinstance(item, records.Skipped):
                    bad.write(item)
                    skipped[item.reason] += 1
                else:
                    good.write(item)
                    taken[item.take] += 1
        return {"records": dict(taken), "skipped": dict(skipped), "fingerprint": fingerprint}

    return workspace.build(spec, work, emit)


def _render(
    recipe: Recipe, workspace: Workspace, name: str, options: SourceOptions, harvest: StageOutput, emit: Emit
) -> StageOutput:
    from cooldown_kit.curate.secrets import SecretCleaner

    settings = {"secrets": recipe.curate.secrets, "rules": secret_rules.VERSION}
    spec = StageSpec("render", name, {"harvest": harvest.digest}, settings, render_stage.VERSION)

    def work(out: Path) -> Mapping[str, Any]:
        cleaner = SecretCleaner(workspace.hash_key)
        summary = render_stage.render_source(
            records.read_records(harvest.path / "records.jsonl.zst"),
            source=name,
            connector=options.connector,
            clean=cleaner.clean if recipe.curate.secrets else lambda record: record,
            hash_author=workspace.keyed_hash,
            out=out,
            emit=emit,
        )
        cleaner.write_log(out / "secrets.jsonl")
        return {**summary, "secrets": dict(cleaner.findings)}

    return workspace.build(spec, work, emit)


def _curate(recipe: Recipe, workspace: Workspace, rendered: list[StageOutput], emit: Emit) -> StageOutput:
    settings = {
        "curate": recipe.curate.model_dump(mode="json"),
        "holdout": recipe.holdout.model_dump(mode="json"),
    }
    spec = StageSpec(
        "curate", "", {"documents": [r.digest for r in rendered]}, settings, curate_stage.VERSION
    )
    inputs = [r.path / "documents.parquet" for r in rendered]
    return workspace.build(
        spec, lambda out: curate_stage.curate(inputs, recipe.curate, recipe.holdout, out, emit), emit
    )


def _tokenise(
    recipe: Recipe, workspace: Workspace, model: ModelFolder, curated: StageOutput, emit: Emit
) -> StageOutput:
    inputs = {"documents": curated.digest, "tokenizer": tokenizer_digest(model.path)}
    spec = StageSpec("tokenise", "", inputs, {"separator": recipe.mix.separator}, tokens_stage.VERSION)

    def work(out: Path) -> Mapping[str, Any]:
        from cooldown_kit.model.tokenizer import Encoder

        encoder = Encoder(model.path, recipe.mix.separator)
        summary = tokens_stage.tokenise(curated.path / "documents.parquet", encoder, out, emit)
        return {**summary, "separator_reason": encoder.separator_reason}

    return workspace.build(spec, work, emit)


def _plan_mixture(
    recipe: Recipe, streams: Mapping[str, Mapping[str, int]], *, context_length: int
) -> MixPlan:
    sizes = []
    for name, family in _families(recipe).items():
        source, _, take = name.partition(".")
        size = streams.get(name, {"tokens": 0, "documents": 0})
        sizes.append(StreamSize(source, take, family, size["tokens"], size["documents"]))  # type: ignore[arg-type]
    share, reason = GOALS[recipe.goal]
    return plan_mixture(
        recipe.mix,
        sizes,
        code_share=share,
        code_share_reason=f"goal {recipe.goal}: {reason}",
        context_length=context_length,
        rows_multiple_of=recipe.train.batch_sequences,
    )


def _mix(recipe: Recipe, workspace: Workspace, prepared: Prepared, emit: Emit) -> StageOutput:
    mixture = prepared.mixture
    settings = {
        "rows": mixture.rows,
        "sequence_length": mixture.sequence_length,
        "seed": recipe.seed,
        "sources": [[s.name, s.group, str(s.share), [t.name for t in s.streams]] for s in mixture.sources],
    }
    spec = StageSpec("mix", "", {"tokens": prepared.tokens.digest}, settings, mix_stage.VERSION)
    return workspace.build(
        spec,
        lambda out: mix_stage.mix(prepared.tokens.path, mixture, seed=recipe.seed, out=out, emit=emit),
        emit,
    )


def _train(
    recipe: Recipe,
    workspace: Workspace,
    prepared: Prepared,
    mixture: StageOutput,
    emit: Emit,
    should_stop: Callable[[], bool],
) -> StageOutput:
    inputs = {"mixture": mixture.digest, "model": prepared.model.digest}
    settings = {"train": recipe.train.model_dump(mode="json"), "seed": recipe.seed}
    spec = StageSpec("train", "", inputs, settings, train_stage.VERSION, resumable=True)

    def work(out: Path) -> Mapping[str, Any]:
        from cooldown_kit.model.estimate import hardware
        from cooldown_kit.train.resolve import resolve_train

        length, rows = prepared.mixture.sequence_length, prepared.mixture.rows
        options, reasons = resolve_train(
            recipe.train,
            prepared.facts,
            hardware(),
            steps=rows // recipe.train.batch_sequences,
            sequence_length=length,
        )
        summary = train_stage.train(
            mixture=mixture.path,
            model=prepared.model.path,
            options=options,
            seed=recipe.seed,
            out=out,
            emit=emit,
            should_stop=should_stop,
        )
        return {**summary, "options": options.model_dump(mode="json"), "reasons": reasons}

    output = workspace.build(spec, work, emit)
    speeds = [
        line["tokens_per_second"]
        for line in read_history(output.path / "history.jsonl")
        if line.get("tokens_per_second")
    ]
    if speeds and not output.cached:
        options = TrainOptions.model_validate(output.summary["options"])
        remember_speed(workspace, prepared, options, median(speeds))
    return output


def _score(
    recipe: Recipe, workspace: Workspace, label: str, model: Path, digest: str, prepared: Prepared, emit: Emit
) -> StageOutput:
    length = prepared.mixture.sequence_length
    settings = {
        "evaluate": recipe.evaluate.model_dump(mode="json", exclude={"confidence", "resamples"}),
        "separator": recipe.mix.separator,
        "sequence_length": length,
    }
    inputs = {"model": digest, "documents": prepared.curated.digest}
    spec = StageSpec("evaluate", label, inputs, settings, evaluate_stage.VERSION)
    return workspace.build(
        spec,
        lambda out: evaluate_stage.score(
            model=model,
            documents=prepared.curated.path / "documents.parquet",
            options=recipe.evaluate,
            separator=recipe.mix.separator,
            sequence_length=length,
            out=out,
            emit=emit,
        ),
        emit,
    )


def _families(recipe: Recipe) -> dict[str, str]:
    """Stream → family, for every stream that the recipe's sources will give."""
    return {
        f"{name}.{take.name}": take.family
        for name, options in recipe.sources.items()
        for take in connectors.find(options.connector).takes(options)
    }


def _context(recipe: Recipe, workspace: Workspace, name: str, emit: Emit) -> HarvestContext:
    return HarvestContext(source=name, folder=recipe.folder, store=workspace.store, emit=emit)


def _prepare_model(recipe: Recipe, workspace: Workspace, emit: Emit) -> ModelFolder:
    return prepare_model(recipe.model, folder=recipe.folder, workspace=workspace, emit=emit, seed=recipe.seed)


def _run_key(recipe: Recipe, workspace: Workspace, model: ModelFolder) -> str:
    """Changes with the recipe, with what the sources hold now, with the model, and with the kit."""
    sources = {
        name: dict(
            connectors.find(options.connector).fingerprint(options, _context(recipe, workspace, name, ignore))
        )
        for name, options in recipe.sources.items()
    }
    versions = [
        HARVEST_VERSION,
        render_stage.VERSION,
        secret_rules.VERSION,
        curate_stage.VERSION,
        tokens_stage.VERSION,
        mix_stage.VERSION,
        train_stage.VERSION,
        evaluate_stage.VERSION,
    ]
    return digest_of([__version__, versions, recipe.model_dump(mode="json"), sources, model.digest])


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
