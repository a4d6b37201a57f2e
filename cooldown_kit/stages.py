"""Each stage as the pipeline runs it: what decides its key, and the call that does its work.

Nothing here knows the order; :mod:`cooldown_kit.pipeline` does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from cooldown_kit import claims, records
from cooldown_kit import connector as connectors
from cooldown_kit.connector import HarvestContext, SourceOptions
from cooldown_kit.curate import secret_rules
from cooldown_kit.curate import stage as curate_stage
from cooldown_kit.curate.filters import reason_to_drop
from cooldown_kit.dataset import Dataset
from cooldown_kit.evaluate import stage as evaluate_stage
from cooldown_kit.events import Emit, StageFinished, StageStarted
from cooldown_kit.mix import stage as mix_stage
from cooldown_kit.mix import tokens as tokens_stage
from cooldown_kit.mix.shares import MixPlan, StreamSize, plan_mixture
from cooldown_kit.model.facts import ModelFacts
from cooldown_kit.model.fingerprint import tokenizer_digest
from cooldown_kit.model.resolve import ModelFolder
from cooldown_kit.recipe import GOALS, Recipe
from cooldown_kit.render import stage as render_stage
from cooldown_kit.speeds import remember_speed, speed_key
from cooldown_kit.train import stage as train_stage
from cooldown_kit.train.history import read as read_history
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.workspace import StageOutput, StageSpec, Workspace

HARVEST_VERSION = 1
VERSIONS = (
    HARVEST_VERSION,
    render_stage.VERSION,
    secret_rules.VERSION,
    curate_stage.VERSION,
    tokens_stage.VERSION,
    mix_stage.VERSION,
    train_stage.VERSION,
    evaluate_stage.VERSION,
)
"""The versions of all stages' code: a run made by others is not taken for this one's."""


Sources = Mapping[str, tuple[StageOutput, StageOutput]]
"""Source → its harvest and its rendered documents, in the order of the recipe."""


@dataclass(frozen=True)
class Prepared:
    """Everything up to the planned mixture: what `plan` shows and `run` continues from."""

    model: ModelFolder
    facts: ModelFacts
    sources: Sources
    curated: StageOutput
    tokens: StageOutput
    mixture: MixPlan
    dataset: Dataset | None = None
    """Where the documents came from a pinned dataset."""

    @property
    def stages(self) -> list[StageOutput]:
        return [*(s for pair in self.sources.values() for s in pair), self.curated, self.tokens]


def update(recipe: Recipe, workspace: Workspace, name: str, options: SourceOptions, emit: Emit) -> None:
    """Bring what is kept of a source up to date, where its connector has to ask for it before anything can be harvested."""
    connector = connectors.find(options.connector)
    if not isinstance(connector, connectors.Updating):
        return
    emit(StageStarted(stage="update", detail=name))
    start = time.monotonic()
    summary = dict(connector.update(options, harvest_context(recipe, workspace, name, emit)))
    seconds = time.monotonic() - start
    emit(StageFinished(stage="update", detail=name, seconds=seconds, cached=False, summary=summary))


def harvest(
    recipe: Recipe, workspace: Workspace, name: str, options: SourceOptions, emit: Emit
) -> StageOutput:
    """Everything that one source holds, as records and as what was skipped, readable by its owner only."""
    connector = connectors.find(options.connector)
    context = harvest_context(recipe, workspace, name, emit)
    fingerprint = dict(connector.fingerprint(options, context))
    settings = options.model_dump(mode="json")
    if context.wanted:
        settings = {"source": settings, "wanted": sorted(context.wanted)}
    spec = StageSpec("harvest", name, {"source": fingerprint}, settings, HARVEST_VERSION, private=True)
    reads = connector.kept(options, context) if isinstance(connector, connectors.Keeping) else ()
    claims.write(workspace.folder(spec), reads, context.store)

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


def render(
    recipe: Recipe,
    workspace: Workspace,
    name: str,
    options: SourceOptions,
    harvest: StageOutput,
    special_tokens: frozenset[str],
    emit: Emit,
) -> StageOutput:
    """The documents of one source; secrets are replaced before anything is rendered.

    Files that curation would drop do not go into a pack of their repository, where it could not see them any more.
    ``special_tokens`` are those of the model's tokenizer where the recipe's layouts may use them, else none.
    """
    from cooldown_kit.curate.secrets import SecretCleaner

    settings = {
        "secrets": recipe.curate.secrets,
        "rules": secret_rules.VERSION,
        "render": recipe.render.model_dump(mode="json"),
        "seed": recipe.seed,
        "special_tokens": sorted(special_tokens),
    }
    packs = bool(recipe.render.shares("source_file").get("repository"))
    if packs:
        settings["packed"] = recipe.curate.model_dump(mode="json")
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
            options=recipe.render,
            seed=recipe.seed,
            special_tokens=special_tokens,
            accept=(lambda document: reason_to_drop(document, recipe.curate) is None) if packs else None,
        )
        cleaner.write_log(out / "secrets.jsonl")
        return {**summary, "secrets": dict(cleaner.findings)}

    return workspace.build(spec, work, emit)


def curate(recipe: Recipe, workspace: Workspace, rendered: list[StageOutput], emit: Emit) -> StageOutput:
    """The documents of all sources, filtered, without duplicates, split into training and held-out."""
    settings = {
        "curate": recipe.curate.model_dump(mode="json"),
        "holdout": recipe.holdout.model_dump(mode="json"),
    }
    spec = StageSpec(
        "curate", "", {"documents": [r.digest for r in rendered]}, settings, curate_stage.VERSION
    )
    inputs = [r.path / render_stage.DOCUMENTS for r in rendered]
    pairs = [r.path / render_stage.PREFERENCES for r in rendered] if recipe.render.preferences else []
    return workspace.build(
        spec,
        lambda out: curate_stage.curate(inputs, recipe.curate, recipe.holdout, out, emit, preferences=pairs),
        emit,
    )


def tokenise(
    recipe: Recipe, workspace: Workspace, model: ModelFolder, curated: StageOutput, emit: Emit
) -> StageOutput:
    """The training documents as tokens, per stream."""
    inputs = {"documents": curated.digest, "tokenizer": tokenizer_digest(model.path)}
    spec = StageSpec("tokenise", "", inputs, {"separator": recipe.mix.separator}, tokens_stage.VERSION)

    def work(out: Path) -> Mapping[str, Any]:
        from cooldown_kit.model.tokenizer import Encoder

        encoder = Encoder(model.path, recipe.mix.separator)
        summary = tokens_stage.tokenise(curated.path / "documents.parquet", encoder, out, emit)
        return {**summary, "separator_reason": encoder.separator_reason}

    return workspace.build(spec, work, emit)


def plan_shares(
    recipe: Recipe,
    families: Mapping[str, str],
    streams: Mapping[str, Mapping[str, int]],
    *,
    context_length: int,
) -> MixPlan:
    """The mixture that the recipe asks for, of streams of these families, against what the streams hold."""
    sizes = []
    for name, family in families.items():
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


def mix(recipe: Recipe, workspace: Workspace, prepared: Prepared, emit: Emit) -> StageOutput:
    """The packed sequences in training order."""
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


def train(
    recipe: Recipe,
    workspace: Workspace,
    prepared: Prepared,
    mixture: StageOutput,
    emit: Emit,
    should_stop: Callable[[], bool],
) -> StageOutput:
    """The cooled-down model; remembers the speed for the plans of later runs."""
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
        key = speed_key(prepared.model.digest, prepared.mixture.sequence_length, options)
        remember_speed(workspace, key, median(speeds))
    return output


def score(
    recipe: Recipe, workspace: Workspace, label: str, model: Path, digest: str, prepared: Prepared, emit: Emit
) -> StageOutput:
    """One model, before or after, on the held-out documents."""
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


def families(recipe: Recipe) -> dict[str, str]:
    """Stream → family, for every stream that the recipe's sources will give."""
    return {
        f"{name}.{take.name}": take.family
        for name, options in recipe.sources.items()
        for take in connectors.find(options.connector).takes(options)
    }


def harvest_context(recipe: Recipe, workspace: Workspace, name: str, emit: Emit) -> HarvestContext:
    """What a connector is given beside its options."""
    return HarvestContext(
        source=name,
        folder=recipe.folder,
        store=workspace.store,
        emit=emit,
        wanted=recipe.render.wanted,
    )
