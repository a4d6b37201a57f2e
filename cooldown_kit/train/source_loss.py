"""The loss of each source of the mixture, read off what a step computes anyway.

The head gives one log-probability per position, and every row of the mixture is of one source. So the sum over a row is
two small reductions on numbers that lie there already: no logits are kept, no second pass is made, no gradient is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.nn.functional import pad

SOURCE = "source"
"""The column of the mixture that says of which source a row is, and its key in a micro-batch."""

Collate = Callable[[list[dict[str, Any]]], dict[str, Any]]


def with_sources(collate: Collate) -> Collate:
    """A collator that adds ``source``, int64 ``(rows,)``, to the micro-batches of another one."""

    def collate_with_sources(rows: list[dict[str, Any]]) -> dict[str, Any]:
        # last, because accelerate takes the size of a batch from its first tensor
        return {**collate(rows), SOURCE: torch.tensor([row[SOURCE] for row in rows])}

    return collate_with_sources


class SourceLosses:
    """Sums the loss of one optimizer step by source, over its micro-batches.

    ``names`` are the mixture's sources in the order that the column ``source`` counts them.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._sums: torch.Tensor | None = None

    def add(self, log_probs: torch.Tensor, trained: torch.Tensor, source: torch.Tensor) -> None:
        """Count one micro-batch of ``rows`` sequences that lie end to end.

        ``log_probs`` and ``trained`` are ``(1, rows * length - 1)``: entry ``i`` is of token ``i + 1``, and zero where that
        token is not trained. ``source`` is ``(rows,)``. Nothing is copied from the device.
        """
        rows = len(source)
        numbers = torch.stack([-log_probs.detach().double(), trained.double()])
        by_row = pad(numbers, (1, 0)).view(2, rows, -1).sum(2)
        if self._sums is None:
            self._sums = torch.zeros(2, len(self.names), dtype=torch.float64, device=by_row.device)
        self._sums.index_add_(1, source, by_row)

    def take(self, sum_over_processes: Callable[[torch.Tensor], torch.Tensor]) -> dict[str, float]:
        """``loss/{source}``, in nats per trained token, and ``tokens/{source}``, how many these were, of every source of which the
        step trained a token; starts the next step."""
        if self._sums is None:
            return {}
        loss, tokens = sum_over_processes(self._sums).tolist()
        self._sums = None
        found: dict[str, float] = {}
        for name, summed, count in zip(self.names, loss, tokens, strict=True):
            if count:
                found |= {f"loss/{name}": summed / count, f"tokens/{name}": count}
        return found
