"""Shares attained along the training order: what the model had read of each source after every so many sequences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PrefixShares:
    """Attained shares at some prefixes of the order, and how far off any prefix ever was."""

    rows: list[int]
    """Lengths of the prefixes shown, in sequences, ascending."""
    attained: dict[str, list[float]]
    """Source → its share of the first ``rows[i]`` sequences."""
    asked: dict[str, float]
    largest_deviation: float
    """Over *all* prefixes and sources: the largest |sequences read - share asked x prefix|, in sequences."""


def prefix_shares(
    order: NDArray[Any], names: Sequence[str], asked: Sequence[float], *, points: int = 300
) -> PrefixShares:
    """Summarise a training order.

    ``order`` has shape ``(rows,)`` and holds for each sequence the index of its source in ``names``. At most ``points`` prefixes are kept
    for plotting, closer together at the start, where shares still move; the deviation looks at every prefix.
    """
    lengths = np.arange(1, len(order) + 1)
    shown = (
        np.unique(np.geomspace(1, max(len(order), 1), points).round().astype(int)) if len(order) else lengths
    )
    attained, deviation = {}, 0.0
    for index, (name, share) in enumerate(zip(names, asked, strict=True)):
        read = np.cumsum(np.asarray(order) == index)
        if len(order):
            deviation = max(deviation, float(np.abs(read - share * lengths).max()))
        attained[name] = (read[shown - 1] / shown).tolist()
    return PrefixShares(shown.tolist(), attained, dict(zip(names, asked, strict=True)), deviation)
