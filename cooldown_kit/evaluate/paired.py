"""Paired comparison of two models on the same documents: ratio of sums, with a bootstrap over documents.

The documents are the sample; a model's bits per byte on a kind is sum(nats) / sum(bytes), a ratio estimator. Both
models scored the same documents, so what is resampled is the document with both of its scores: what makes a document hard
for both cancels, and the interval of the difference is far narrower than the two models' own (Miller, "Adding error
bars to evals", arXiv 2411.00640, §4). Intervals are bootstrap percentile intervals (Efron & Tibshirani, An
Introduction to the Bootstrap, 1993, chapter 13), with the percentiles moved outwards for small samples (Hesterberg, "What
teachers should know about the bootstrap", arXiv 1411.5279, §4.2: the "expanded percentile" interval), because the plain
ones are too short when documents are few.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from cooldown_kit.evaluate.bits_per_byte import LN2

FEWEST = 5
"""With fewer documents of a kind no interval is given: it would claim to know what it cannot."""

_DRAWS_TOGETHER = 1 << 20
"""Drawn documents per chunk of resamples: bounds memory whatever their number."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stratum:
    """The paired scores of one kind; all arrays have shape ``(documents,)``."""

    kind: str
    size: Floats
    """UTF-8 bytes."""
    before: Floats
    """Nats of the model before."""
    after: Floats

    def __len__(self) -> int:
        return len(self.size)


@dataclass(frozen=True)
class Resampled:
    """Sums over each resample of one stratum; both arrays have shape ``(resamples,)``."""

    difference: Floats
    """Nats after minus before."""
    size: Floats
    """Bytes."""


def resample(stratum: Stratum, *, resamples: int, rng: np.random.Generator) -> Resampled:
    """Draw as many documents with replacement, ``resamples`` times, and add up each draw. Memory stays flat."""
    count = len(stratum)
    gain = stratum.after - stratum.before
    difference, size = np.empty(resamples), np.empty(resamples)
    step = max(1, _DRAWS_TOGETHER // count)
    for at in range(0, resamples, step):
        drawn = rng.integers(0, count, size=(min(step, resamples - at), count))
        difference[at : at + step] = gain[drawn].sum(axis=1)
        size[at : at + step] = stratum.size[drawn].sum(axis=1)
    return Resampled(difference, size)


def interval(parts: Sequence[Resampled], *, documents: int, confidence: float) -> tuple[float, float]:
    """The confidence interval of the difference in bits per byte, after minus before.

    ``parts`` holds one or more strata that were resampled apart; their sums are added resample by resample. ``documents`` is the
    number of documents in the smallest stratum, which decides how far the percentiles are moved outwards.
    """
    ratio = sum(part.difference for part in parts) / sum(part.size for part in parts) / LN2
    tail = expanded_tail((1 - confidence) / 2, documents)
    low, high = np.quantile(ratio, [tail, 1 - tail])
    return float(low), float(high)


def expanded_tail(tail: float, count: int) -> float:
    """The percentile to use for a nominal ``tail`` with ``count`` documents: Φ(t · sqrt(n / (n - 1))), t from Student's t."""
    if count < 2:
        raise ValueError("an interval needs at least two documents")
    return NormalDist().cdf(math.sqrt(count / (count - 1)) * student_quantile(tail, count - 1))


@cache
def student_quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t distribution for a lower tail: ``0 < probability < 0.5``.

    The density is integrated numerically after x = tan(u), which makes the range finite; scipy is too heavy for this one.
    """
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    angle = np.linspace(-math.pi / 2, 0.0, 200_001)[1:]
    density = (
        np.exp(log_scale - (freedom + 1) / 2 * np.log1p(np.tan(angle) ** 2 / freedom)) / np.cos(angle) ** 2
    )
    steps = (density[1:] + density[:-1]) / 2 * np.diff(angle)
    # The tail beyond the first angle is the area that is missing from one half.
    below = np.concatenate([[0.0], np.cumsum(steps)])
    below += 0.5 - below[-1]
    return float(np.tan(np.interp(probability, below, angle)))
