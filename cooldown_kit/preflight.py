"""What a run would do and cost, and everything that is wrong or doubtful about it, before anything costs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from cooldown_kit.findings import Finding, findings
from cooldown_kit.planned_samples import PlannedSample, planned_samples
from cooldown_kit.speeds import measured_speed, speed_key
from cooldown_kit.workspace import Workspace

if TYPE_CHECKING:
    from cooldown_kit.recipe import Recipe
    from cooldown_kit.stages import Prepared
    from cooldown_kit.train.options import TrainOptions


@dataclass(frozen=True)
class PlannedStream:
    """What curation left of one stream."""

    stream: str
    documents: int
    dropped: int
    heldout: int
    train: int
    tokens: int
    untrained_tokens: int
    """Of the tokens, those of prompts: read and not trained on."""


@dataclass(frozen=True)
class PlannedLayout:
    """The documents of one stream in one layout that curation kept, held-out ones included."""

    stream: str
    layout: str
    documents: int
    special_tokens: int
    """How many of them are marked with special tokens; the others are plain text."""


@dataclass(frozen=True)
class PlannedShare:
    """One share of the mixture."""

    name: str
    group: str
    share: float
    tokens: int
    unique_tokens: int
    epochs: float


@dataclass(frozen=True)
class Plan:
    """The plan of a run: :meth:`table` for people, :meth:`to_json` for programs."""

    name: str
    goal: str
    model: str
    parameters: int
    context_length: int
    streams: tuple[PlannedStream, ...]
    layouts: tuple[PlannedLayout, ...]
    fallbacks: Mapping[str, Mapping[str, Mapping[str, int]]]
    """Source → layout → reason → records that could not have it and took the first layout of their kind."""
    shares: tuple[PlannedShare, ...]
    tokens: int
    sequence_length: int
    sequences: int
    steps: int
    batch_sequences: int
    train: Mapping[str, Any]
    """The training options as resolved."""
    reasons: Mapping[str, str]
    """Option → why an ``auto`` became what it is."""
    device: str
    memory_bytes: Mapping[str, int]
    """Peak memory of training, by what takes it; ``total`` is their sum."""
    memory_available: int
    train_seconds: float
    evaluate_seconds: float
    time_basis: str
    disk_bytes: int
    disk_free: int
    findings: tuple[Finding, ...]
    samples: tuple[PlannedSample, ...]
    """Some training documents as the model will read them, of as many streams and layouts as there are."""

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "error"]

    @property
    def seconds(self) -> float:
        return self.train_seconds + self.evaluate_seconds

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "seconds": self.seconds}, indent=1)

    def table(self) -> str:
        """The plan as text for a terminal."""
        from cooldown_kit.plan_text import plan_text

        return plan_text(self)


def make_plan(recipe: Recipe, workspace: Workspace, prepared: Prepared) -> Plan:
    """The plan of a recipe whose data is prepared. Looks at the machine, and takes a second to measure its speed."""
    from cooldown_kit.model.estimate import estimate_training, hardware, seconds_to_score
    from cooldown_kit.train.resolve import resolve_train

    mixture, facts = prepared.mixture, prepared.facts
    machine = hardware()
    steps = mixture.rows // recipe.train.batch_sequences
    options, reasons = resolve_train(
        recipe.train, facts, machine, steps=steps, sequence_length=mixture.sequence_length
    )
    estimate = estimate_training(
        facts,
        options,
        sequence_length=mixture.sequence_length,
        steps=steps,
        hardware=machine,
        measured_tokens_per_second=measured_speed(
            workspace, speed_key(prepared.model.digest, mixture.sequence_length, options)
        ),
    )
    scored = 2 * sum(
        min(recipe.evaluate.tokens_per_kind, tokens) for tokens in _heldout_tokens(prepared).values()
    )
    disk = _disk_bytes(prepared, options)
    free = shutil.disk_usage(workspace.root).free
    memory = {**estimate.memory, "total": estimate.total_bytes}
    return Plan(
        name=recipe.name,
        goal=recipe.goal,
        model=prepared.model.name,
        parameters=facts.parameters,
        context_length=facts.context_length,
        streams=tuple(_streams(prepared)),
        layouts=tuple(_layouts(prepared)),
        fallbacks={
            name: render.summary["fallbacks"]
            for name, (_, render) in prepared.sources.items()
            if render.summary["fallbacks"]
        },
        shares=tuple(
            PlannedShare(
                s.name,
                s.group,
                float(s.share),
                round(float(s.share) * mixture.tokens),
                s.tokens,
                mixture.epochs(s),
            )
            for s in mixture.sources
        ),
        tokens=mixture.tokens,
        sequence_length=mixture.sequence_length,
        sequences=mixture.rows,
        steps=steps,
        batch_sequences=recipe.train.batch_sequences,
        train=options.model_dump(mode="json"),
        reasons={
            **mixture.reasons,
            **{f"train.{key.removeprefix('train.')}": why for key, why in reasons.items()},
        },
        device=f"{machine.name} ({machine.device})",
        memory_bytes=memory,
        memory_available=machine.memory_free,
        train_seconds=estimate.seconds,
        evaluate_seconds=seconds_to_score(facts, estimate, tokens=scored),
        time_basis=estimate.basis,
        disk_bytes=disk,
        disk_free=free,
        findings=(
            *findings(recipe, prepared),
            *_room(memory["total"], machine.memory_free, "memory"),
            *_room(disk, free, "disk"),
        ),
        samples=planned_samples(prepared, seed=recipe.seed),
    )


def _streams(prepared: Prepared) -> Iterator[PlannedStream]:
    tokens = prepared.tokens.summary["streams"]
    for name, counts in prepared.curated.summary["streams"].items():
        yield PlannedStream(
            stream=name,
            documents=counts["read"],
            dropped=sum(counts["dropped"].values()),
            heldout=counts["heldout"],
            train=counts["train"],
            tokens=tokens.get(name, {}).get("tokens", 0),
            untrained_tokens=tokens.get(name, {}).get("untrained_tokens", 0),
        )


def _layouts(prepared: Prepared) -> Iterator[PlannedLayout]:
    for name, counts in prepared.curated.summary["streams"].items():
        for layout, of in counts["layouts"].items():
            yield PlannedLayout(name, layout, of["documents"], of["special_tokens"])


def _heldout_tokens(prepared: Prepared) -> dict[str, int]:
    """Tokens of the held-out documents by kind, from their characters: tokens per character as in training."""
    streams = prepared.tokens.summary["streams"].values()
    ratio = sum(s["tokens"] for s in streams) / max(sum(s["characters"] for s in streams), 1)
    return {
        kind: round(characters * ratio)
        for kind, characters in prepared.curated.summary["heldout_characters_by_kind"].items()
    }


def _disk_bytes(prepared: Prepared, options: TrainOptions) -> int:
    """Mixture, checkpoints (weights and two AdamW moments of what is trained) and the exported model."""
    facts = prepared.facts
    rank = options.lora.rank
    trained = (
        facts.parameters
        if options.method == "full"
        else sum(rank * (rows + columns) for rows, columns in facts.linear_shapes)
    )
    return (
        9 * prepared.mixture.tokens + (options.keep_checkpoints + 1) * 12 * trained + 2 * facts.bytes_on_disk
    )


def _room(needed: int, free: int, what: str) -> Iterator[Finding]:
    if needed > free:
        remedies = {
            "memory": "lower `train.micro_batch` or `mix.sequence_length`, set `train.activation_checkpointing: true`, or use `train.method: qlora`",
            "disk": "free space (`cooldown clean`), set another `workspace`, or lower `train.keep_checkpoints`",
        }
        level: Literal["error", "warning"] = "error" if what == "disk" else "warning"
        yield Finding(
            level,
            f"about {needed / 1e9:.1f} GB of {what} are needed, {free / 1e9:.1f} GB are free",
            remedies[what],
        )
