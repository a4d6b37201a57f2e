"""How fast this machine multiplies matrices of a model's own shapes, and how many operations a token costs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cooldown_kit.model.facts import ModelFacts
from cooldown_kit.model.hardware import Hardware
from cooldown_kit.model.memory import Method

_PROBE_FLOPS = {"cpu": 3e9, "cuda": 4e12}
"""Size of the whole measurement: some tenths of a second."""
_MAX_COLUMNS = 16384
"""The head's shape is measured on a slice: its speed is the same, its size may be half a gigabyte."""
_BANDWIDTH_BYTES = 64 << 20


@dataclass(frozen=True)
class Speed:
    """What the device reaches on products of the model's own shapes."""

    flops_per_second: float
    bytes_per_second: float
    """Of matrix-vector products, which read each weight once: what limits generation."""


def training_flops(facts: ModelFacts, method: Method, line: int, *, checkpointing: bool, rank: int) -> float:
    """Floating-point operations per trained token, in lines of ``line`` tokens: those of a whole micro-batch.

    Six per weight in full training (forward 2, backward 4; arXiv 2001.08361, §2.1), four per frozen weight under adapters
    (no gradient of the weight) and six per adapter weight; attention 12 x layers x length x width (arXiv 2204.02311, app. B).
    TRL computes the head once more in the backward pass, checkpointing all layers.
    """
    linear, head = facts.linear_parameters, facts.vocabulary * facts.hidden_size
    per_weight = 6 if method == "full" else 4
    adapter = 0 if method == "full" else 6 * facts.lora_parameters(rank)
    again = forward_flops(facts, line) - 2 * head if checkpointing else 0
    return per_weight * linear + (per_weight + 2) * head + adapter + 3 * _attention(facts, line) + again


def forward_flops(facts: ModelFacts, sequence_length: int) -> float:
    """Floating-point operations per token that is only read."""
    head = facts.vocabulary * facts.hidden_size
    return 2 * (facts.linear_parameters + head) + _attention(facts, sequence_length)


def measure_speed(facts: ModelFacts, machine: Hardware, *, bf16: bool) -> Speed:
    """Multiply matrices of the model's own shapes for some tenths of a second."""
    import torch

    dtype = torch.bfloat16 if bf16 else torch.float32
    shapes = Counter(facts.linear_shapes)
    shapes[(min(facts.vocabulary, _MAX_COLUMNS), facts.hidden_size)] += 1
    distinct = sum(2 * rows * columns for rows, columns in shapes)
    tokens = int(min(max(_PROBE_FLOPS[machine.device] / max(distinct, 1) / 3, 16), 2048))
    seconds = flops = 0.0
    with torch.inference_mode():
        for (rows, columns), count in shapes.items():
            weight = torch.randn(columns, rows, dtype=dtype, device=machine.device)
            read = torch.randn(tokens, columns, dtype=dtype, device=machine.device)
            seconds += count * _fastest(lambda a=read, b=weight: a @ b, machine)  # type: ignore[misc]
            flops += count * 2.0 * tokens * rows * columns
        width = facts.hidden_size
        weight = torch.randn(_BANDWIDTH_BYTES // 4 // width, width, device=machine.device)
        vector = torch.randn(width, device=machine.device)
        reading = _fastest(lambda: weight @ vector, machine)
    return Speed(flops / seconds, weight.nbytes / reading)


def _fastest(work: Callable[[], Any], machine: Hardware, repeats: int = 3) -> float:
    """Seconds of the fastest of ``repeats`` calls, after one to warm up: others on the machine only ever slow it down."""
    return min(list(_timed(work, machine, repeats + 1))[1:])


def _timed(work: Callable[[], Any], machine: Hardware, repeats: int) -> Iterator[float]:
    import torch

    for _ in range(repeats):
        start = time.perf_counter()
        work()
        if machine.device == "cuda":
            torch.cuda.synchronize()
        yield max(time.perf_counter() - start, 1e-9)


def _attention(facts: ModelFacts, sequence_length: int) -> float:
    """Scores and weighted sum of one token over the whole line: a mask hides, but does not save."""
    return 4.0 * facts.layers * sequence_length * facts.heads * facts.head_dim
