"""The learning rate of every step: warm-up, then a decay that ends exactly where it was asked to.

Kept as one plain function because the libraries' schedules are off by one: their last executed step is not at the floor.
"""

from __future__ import annotations

import math

from cooldown_kit.train.options import Shape


def learning_rate(
    step: int, *, steps: int, peak: float, final: float, warmup_steps: int, shape: Shape
) -> float:
    """The learning rate with which step ``step`` (0 … ``steps`` - 1) updates the weights.

    The first ``warmup_steps`` steps rise linearly from ``peak / (warmup_steps + 1)``; step ``warmup_steps`` runs at
    ``peak``; from there the rate falls, and the last step runs at exactly ``final``:

    - ``linear``: arXiv 2502.15938;
    - ``one_minus_sqrt``: ``1 - sqrt(progress)``, arXiv 2405.18392;
    - ``cosine``: half a cosine, arXiv 1608.03983;
    - ``constant``: stays at ``peak`` to the end and takes no notice of ``final`` (a control without annealing).

    A run of a single step has nothing to anneal and runs at ``peak``.

    Raises ``ValueError`` where ``step`` or ``warmup_steps`` lies outside the run.
    """
    if not 0 <= step < steps:
        raise ValueError(f"step {step} is outside a run of {steps} steps")
    if not 0 <= warmup_steps < steps:
        raise ValueError(f"{warmup_steps} warm-up steps do not fit into {steps} steps")
    if steps == 1:
        return peak
    if shape != "constant" and step == steps - 1:
        return final
    if step < warmup_steps:
        return peak * (step + 1) / (warmup_steps + 1)
    if shape == "constant":
        return peak
    left = 1 - _decayed((step - warmup_steps) / (steps - 1 - warmup_steps), shape)
    rate = peak * left + final * (1 - left)  # exact at both ends, which final + (peak - final) * left is not
    return min(max(rate, min(peak, final)), max(peak, final))


def warmup_steps_of(share: float, steps: int) -> int:
    """How many of ``steps`` warm up, for a share of them: rounded, and always leaving one to run after."""
    return min(round(share * steps), steps - 1)


def _decayed(progress: float, shape: Shape) -> float:
    """How much of the way from peak to floor is done, 0 … 1, at a progress of 0 … 1 through the decay."""
    if shape == "one_minus_sqrt":
        return math.sqrt(progress)
    if shape == "cosine":
        return (1 - math.cos(math.pi * progress)) / 2
    return progress
