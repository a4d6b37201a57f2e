"""Does it fit, and how long will it take? Answered before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cooldown_kit.model.facts import ModelFacts
from cooldown_kit.model.hardware import Hardware as Hardware
from cooldown_kit.model.hardware import hardware as hardware
from cooldown_kit.model.memory import estimate_memory as estimate_memory
from cooldown_kit.model.speed import Speed, forward_flops, measure_speed, training_flops
from cooldown_kit.train.options import TrainOptions

EFFICIENCY = {"cpu": 0.75, "cuda": 0.4}
"""Share of the speed of bare matrix products that training reaches. Measured on a CPU (docs/model.md); on a GPU it is the
usual model FLOPs utilisation of transformers without special kernels, not measured here."""
LAYER_SECONDS = {"cpu": 0.006, "cuda": 0.003}
"""Fixed cost of one layer in one micro-batch, forward and backward: hundreds of small operations, started from Python."""
_OPTIMIZER_BYTES = 28
"""AdamW reads weight, gradient and two moments, and writes weight and moments, per trained parameter in fp32."""


@dataclass(frozen=True)
class Estimate:
    """What a training run will take."""

    memory: Mapping[str, int]
    """Peak bytes by what takes them: see :func:`estimate_memory`."""
    seconds: float
    tokens_per_second: float
    flops_per_token: float
    basis: str
    """How the time was estimated: a sentence for people."""
    speed: Speed
    sequence_length: int

    @property
    def total_bytes(self) -> int:
        """Peak memory."""
        return sum(self.memory.values())


def estimate_training(
    facts: ModelFacts,
    train: TrainOptions,
    *,
    sequence_length: int,
    steps: int,
    hardware: Hardware,
    measured_tokens_per_second: float | None = None,
) -> Estimate:
    """Memory and time of ``steps`` optimizer steps. ``auto`` options count as what they become without a memory estimate.

    The time comes from ``measured_tokens_per_second`` of earlier runs, else from a measurement of some tenths of a second.
    """
    bf16 = train.precision == "bf16" or (
        train.precision == "auto" and hardware.bf16 and hardware.device == "cuda"
    )
    micro = train.micro_batch if isinstance(train.micro_batch, int) else 1
    checkpointing = train.activation_checkpointing is True
    rank = train.lora.rank
    # the rows of a micro-batch lie in one line, over which attention computes everything and then hides most
    line = micro * sequence_length
    flops = training_flops(facts, train.method, line, checkpointing=checkpointing, rank=rank)
    speed = measure_speed(facts, hardware, bf16=bf16)
    step_tokens = train.batch_sequences * sequence_length
    if measured_tokens_per_second:
        rate = measured_tokens_per_second
        basis = f"an earlier run of this model here trained {rate:,.0f} tokens a second"
    else:
        trained = facts.parameters if train.method == "full" else facts.lora_parameters(rank)
        step = (
            step_tokens * flops / (speed.flops_per_second * EFFICIENCY[hardware.device])
            + -(-train.batch_sequences // micro) * facts.layers * LAYER_SECONDS[hardware.device]
            + trained * _OPTIMIZER_BYTES / speed.bytes_per_second
        )
        rate = step_tokens / step
        basis = (
            f"matrix products of this model's shapes reach {speed.flops_per_second / 1e9:,.0f} GFLOP/s here; training reaches "
            f"about {EFFICIENCY[hardware.device]:.0%} of that. Within a factor of two; a run here will make the next plan exact"
        )
    memory = estimate_memory(
        facts,
        train.method,
        micro_batch=micro,
        sequence_length=sequence_length,
        dtype_bytes=2 if bf16 else 4,
        checkpointing=checkpointing,
        rank=rank,
        device=hardware.device,
    )
    return Estimate(memory, steps * step_tokens / rate, rate, flops, basis, speed, sequence_length)


def seconds_to_score(facts: ModelFacts, estimate: Estimate, *, tokens: int) -> float:
    """Seconds to read ``tokens`` held-out tokens once, at the speed per operation that training has."""
    return (
        tokens
        * forward_flops(facts, estimate.sequence_length)
        / estimate.flops_per_token
        / estimate.tokens_per_second
    )


def seconds_to_generate(facts: ModelFacts, estimate: Estimate, *, tokens: int) -> float:
    """Seconds to write ``tokens`` tokens one by one in fp32: each reads every weight once, and starts every layer."""
    layer = LAYER_SECONDS["cpu"] / 6  # a forward pass of one token, of what forward and backward of many cost
    return tokens * (4 * facts.parameters / estimate.speed.bytes_per_second + facts.layers * layer)
