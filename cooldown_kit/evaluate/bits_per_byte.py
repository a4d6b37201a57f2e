"""Bits per byte: how well a model predicts a text, on a scale that no tokenizer can flatter.

Bits per byte = negative log-likelihood in nats / ln 2 / UTF-8 bytes of the text (The Pile, arXiv 2101.00027, §3.1).
Tokenizers cut the same bytes into more or fewer tokens, so losses per token cannot be compared between them; bits per
byte can.

What is scored, the same for every model:

- Every token of a trained segment exactly once. The first token too, or the bytes it stands for would be free: it is
  conditioned on one start token, which is itself not scored.
- A document longer than the window is cut into windows of ``sequence_length`` tokens; each is conditioned on the last
  token of the one before it and nothing older, as training cuts long documents too.
- The separator that ends a document is not scored, and neither is any special token in it: they stand for no byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cooldown_kit.errors import InputError
from cooldown_kit.evaluate.heldout import HeldoutItem

LN2 = math.log(2)
_POSITIONS_PER_SLICE = 256


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens ``start`` to ``end`` of one item, scored in one forward pass."""

    item: int
    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start


def bits_per_byte(nats: float, size: int) -> float:
    """Bits per byte of a text of ``size`` UTF-8 bytes whose negative log-likelihood is ``nats``."""
    return nats / LN2 / size


def windows(items: Sequence[HeldoutItem], sequence_length: int) -> list[Window]:
    """All windows that hold something to score, longest first, so that those of one batch are about equally long."""
    cut = [
        Window(index, start, min(start + sequence_length, len(item.tokens)))
        for index, item in enumerate(items)
        for start in range(0, len(item.tokens), sequence_length)
        if item.trained[start : start + sequence_length].any()
    ]
    return sorted(cut, key=lambda window: (-len(window), window.item, window.start))


def batches(cut: Sequence[Window], batch_tokens: int) -> Iterator[list[Window]]:
    """Consecutive windows whose padded size stays within ``batch_tokens``; at least one window each."""
    batch: list[Window] = []
    for window in cut:
        if batch and (len(batch) + 1) * len(batch[0]) > batch_tokens:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def score_items(
    model: Any,
    items: Sequence[HeldoutItem],
    *,
    start_id: int,
    sequence_length: int,
    batch_tokens: int,
    on_tokens: Callable[[int], None] = lambda _: None,
) -> NDArray[np.float64]:
    """Negative log-likelihood of each item in nats, shape ``(len(items),)``.

    ``model`` is a causal language model of transformers in evaluation mode. Each window is reduced to one number before
    the next batch is computed: the logits of one batch are all that is ever alive. Windows are padded on the right, which
    a causal model cannot see, and no attention mask is given.
    ``on_tokens`` is called with the number of tokens read after each batch.
    Raises :class:`InputError` where the model gives a likelihood that is not a number.
    """
    import torch

    nats = np.zeros(len(items), dtype=np.float64)
    with torch.inference_mode():
        for batch in batches(windows(items, sequence_length), batch_tokens):
            values = _score_batch(model, items, batch, start_id)
            if not np.isfinite(values).all():
                bad = items[batch[int(np.argmax(~np.isfinite(values)))].item]
                raise InputError(
                    "the model's likelihood of a held-out document is not a number",
                    where=bad.id,
                    remedy="training diverged or the weights are damaged: lower `train.learning_rate`, or check the model folder",
                )
            np.add.at(nats, [window.item for window in batch], values)
            on_tokens(sum(map(len, batch)))
    return nats


def _score_batch(
    model: Any, items: Sequence[HeldoutItem], batch: list[Window], start_id: int
) -> NDArray[np.float64]:
    """Nats of each window of one batch, shape ``(len(batch),)``."""
    import torch

    shape = (len(batch), max(map(len, batch)))
    inputs = np.full(shape, start_id, dtype=np.int64)
    targets = np.zeros(shape, dtype=np.int64)
    scored = np.zeros(shape, dtype=bool)
    for row, window in enumerate(batch):
        item, length = items[window.item], len(window)
        inputs[row, 0] = item.tokens[window.start - 1] if window.start else start_id
        inputs[row, 1:length] = item.tokens[window.start : window.end - 1]
        targets[row, :length] = item.tokens[window.start : window.end]
        scored[row, :length] = item.trained[window.start : window.end]
    logits = model(input_ids=torch.from_numpy(inputs).to(model.device), use_cache=False).logits
    rows, columns = (torch.from_numpy(axis).to(logits.device) for axis in np.nonzero(scored))
    return _reduce(logits, torch.from_numpy(targets).to(logits.device), rows, columns)


def _reduce(logits: Any, targets: Any, rows: Any, columns: Any) -> NDArray[np.float64]:
    """Sum the cross-entropy of the scored positions of each row, in float32 over small slices, added in float64.

    ``logits`` has shape ``(batch, length, vocabulary)``, ``targets`` ``(batch, length)``; ``rows`` and ``columns`` name
    the scored positions.
    """
    import torch
    from torch.nn.functional import cross_entropy

    sums = torch.zeros(len(logits), dtype=torch.float64, device=logits.device)
    for at in range(0, len(rows), _POSITIONS_PER_SLICE):
        row, column = rows[at : at + _POSITIONS_PER_SLICE], columns[at : at + _POSITIONS_PER_SLICE]
        losses = cross_entropy(logits[row, column].float(), targets[row, column], reduction="none")
        sums.index_add_(0, row, losses.double())
    result: NDArray[np.float64] = sums.cpu().numpy()
    return result
