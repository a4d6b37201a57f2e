"""Every ``auto`` of the training options becomes a value with its reason, and what cannot work is refused before it costs."""

from __future__ import annotations

import math
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cooldown_kit.errors import RecipeError
from cooldown_kit.train.options import TrainOptions

if TYPE_CHECKING:
    from cooldown_kit.model.estimate import Hardware
    from cooldown_kit.model.facts import ModelFacts

_FULL_RATE = 2e-5
_SHORT_RUN = 100
_MEMORY_SHARE = 0.9
_MICRO_BATCH_TOKENS = 16_384
_CHECKPOINTS = 20


def resolve_train(
    options: TrainOptions,
    facts: ModelFacts,
    hardware: Hardware,
    *,
    steps: int,
    sequence_length: int,
    world_size: int | None = None,
) -> tuple[TrainOptions, dict[str, str]]:
    """The options without any ``auto``, and option → reason for every one that was chosen here.

    ``steps`` counts optimizer steps; ``world_size`` counts training processes (torchrun's ``WORLD_SIZE``, else 1).

    Raises :class:`RecipeError` for a batch that devices cannot share evenly, a device or precision that is not there, and a
    final learning rate above the peak.
    """
    world = int(os.environ.get("WORLD_SIZE", "1")) if world_size is None else world_size
    reasons: dict[str, str] = {}
    values: dict[str, Any] = {}

    def choose(name: str, value: Any, reason: str) -> None:
        if getattr(options, name) == "auto":
            values[name], reasons[name] = value, reason

    choose("device", *_device(hardware))
    device = values.get("device", options.device)
    choose("precision", *_precision(device, hardware))
    _check_machine(options, device, values.get("precision", options.precision), hardware)
    choose("learning_rate", *usual_learning_rate(options.method, steps))
    choose("weight_decay", *_weight_decay(options.method))
    choose(
        "checkpoint_every",
        max(1, math.ceil(steps / _CHECKPOINTS)),
        f"about {_CHECKPOINTS} over {steps} steps",
    )
    _check_rates(options, float(values.get("learning_rate", options.learning_rate)))
    _check_batch(options, world)
    fixed = options.model_copy(update=values)
    micro_batch, checkpointing, why = _fit(fixed, facts, hardware, steps, sequence_length, world)
    choose("micro_batch", micro_batch, why)
    choose("activation_checkpointing", checkpointing, why)
    return options.model_copy(update=values), reasons


def _device(hardware: Hardware) -> tuple[str, str]:
    found = "cuda" if hardware.device == "cuda" else "cpu"
    return found, "a GPU is there" if found == "cuda" else "no GPU is there"


def _precision(device: str, hardware: Hardware) -> tuple[str, str]:
    if device == "cuda" and hardware.bf16:
        return "bf16", "the GPU computes in bf16; weights that are trained stay in fp32"
    if device == "cuda":
        return "fp32", "this GPU has no bf16"
    return "fp32", "bf16 is many times slower than fp32 on most CPUs"


def usual_learning_rate(method: str, steps: int) -> tuple[float, str]:
    """2e-5 is where published continued training of released models clusters (2e-5 … 8e-5); adapters want ten times the
    rate of all weights, and fifteen times in short runs ("LoRA Without Regret", Thinking Machines, 2025)."""
    if method == "full":
        return _FULL_RATE, "all weights of a released model: the low end of what is published (2e-5 to 8e-5)"
    if steps < _SHORT_RUN:
        return (
            15 * _FULL_RATE,
            f"adapters in a run of fewer than {_SHORT_RUN} steps: fifteen times that for full",
        )
    return 10 * _FULL_RATE, "adapters: ten times that for full"


def _weight_decay(method: str) -> tuple[float, str]:
    if method == "full":
        return 0.1, "what cooldowns are published with"
    return 0.0, "adapters start at zero and stay small; decay would pull them back to the base"


def _fit(
    options: TrainOptions,
    facts: ModelFacts,
    hardware: Hardware,
    steps: int,
    sequence_length: int,
    world: int,
) -> tuple[int, bool, str]:
    """Micro-batch, activation checkpointing, and the reason: the largest that fits, recomputing only where it must."""
    from cooldown_kit.model.estimate import estimate_training

    checkpointing = (
        [False, True]
        if options.activation_checkpointing == "auto"
        else [bool(options.activation_checkpointing)]
    )
    budget = _MEMORY_SHARE * hardware.memory_free
    total = 0.0
    for recompute in checkpointing:
        for micro_batch in _micro_batches(options, sequence_length, world):
            candidate = options.model_copy(
                update={"micro_batch": micro_batch, "activation_checkpointing": recompute}
            )
            total = estimate_training(
                facts,
                candidate,
                sequence_length=sequence_length,
                steps=steps,
                hardware=hardware,
                measured_tokens_per_second=None,
            ).total_bytes
            if total <= budget:
                why = "the fastest that fits" if options.device == "cuda" else "it fits"
                return (
                    micro_batch,
                    recompute,
                    f"{why}: {_gb(total)} of {_gb(hardware.memory_free)} free memory",
                )
    too_much = f"the least that memory can be asked for: about {_gb(total)}, and {_gb(hardware.memory_free)} are free"
    return micro_batch, recompute, too_much


def _micro_batches(options: TrainOptions, sequence_length: int, world: int) -> list[int]:
    """Micro-batches to try, best first. A CPU gains nothing from more than one; on a GPU they are laid end to end, so that a
    mask of documents grows with the square of their tokens, and more than some 16,000 of them gain nothing."""
    if options.micro_batch != "auto":
        return [options.micro_batch]
    if options.device == "cpu":
        return [1]
    share = options.batch_sequences // world
    most = max(1, _MICRO_BATCH_TOKENS // sequence_length)
    return [size for size in range(min(share, most), 0, -1) if share % size == 0]


def _gb(size: float) -> str:
    return f"{size / 1e9:.1f} GB"


def _check_machine(options: TrainOptions, device: str, precision: str, hardware: Hardware) -> None:
    if device == "cuda" and hardware.device != "cuda":
        raise RecipeError(
            "a GPU is asked for, and none is there",
            where="train.device",
            remedy="set `device: auto`, or install a CUDA build of torch",
        )
    if precision == "bf16" and not hardware.bf16:
        raise RecipeError(
            f"bf16 is asked for, and this {'GPU' if device == 'cuda' else 'CPU'} does not compute in it",
            where="train.precision",
            remedy="set `precision: auto`",
        )
    if options.method == "qlora" and find_spec("bitsandbytes") is None:
        raise RecipeError(
            "`qlora` needs bitsandbytes, which is not installed",
            where="train.method",
            remedy="pip install 'cooldown-kit[train]', or set `method: lora`",
        )


def _check_rates(options: TrainOptions, peak: float) -> None:
    if options.schedule != "constant" and options.final_learning_rate > peak:
        raise RecipeError(
            f"the final learning rate {options.final_learning_rate:g} is above the peak {peak:g}: this would not cool down",
            where="train.final_learning_rate",
            remedy=f"set it to at most {peak:g}, or raise `learning_rate`",
        )


def _check_batch(options: TrainOptions, world: int) -> None:
    micro_batch = 1 if options.micro_batch == "auto" else options.micro_batch
    at_once = micro_batch * world
    if options.batch_sequences % at_once == 0:
        return
    up = math.ceil(options.batch_sequences / at_once) * at_once
    fitting = [n for n in range(1, micro_batch + 1) if options.batch_sequences % (n * world) == 0]
    lower = f"`micro_batch: {fitting[-1]}`" if fitting else "a number of processes that divides it"
    raise RecipeError(
        f"{options.batch_sequences} sequences per step do not divide into micro-batches of {micro_batch}"
        + (f" on {world} processes" if world > 1 else ""),
        where="train.batch_sequences",
        remedy=f"set `batch_sequences: {up}`, or use {lower}",
    )
