"""Packing: which pieces of which documents stand in which sequence.

Every sequence is exactly full and holds pieces of one source only. Documents that fit stay whole wherever a gap takes them
(best-fit packing, arXiv 2404.10830); where none fits, the longest waiting document is cut to fill the gap, so the
cuts fall on documents that are longer than a sequence anyway. No token is dropped and none is added.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cooldown_kit.seeds import random_stream

_WAITING = 2048
"""How many documents wait at most for a gap that fits: bounds memory, and keeps epochs apart."""

_SHUFFLED = 1024
"""Sequences among which the order is drawn, so that long documents do not all come first."""


class Piece(NamedTuple):
    """Tokens ``start`` to ``end`` (exclusive) of a document."""

    document: int
    start: int
    end: int


class _Waiting(NamedTuple):
    """A piece that waits for a gap; sorted by length, then by arrival, so that packing is deterministic."""

    length: int
    arrival: int
    document: int
    start: int


def pack(
    lengths: npt.NDArray[np.int64], *, rows: int, sequence_length: int, seed: int, name: str
) -> Iterator[list[Piece]]:
    """The pieces of ``rows`` sequences of ``sequence_length`` tokens.

    ``lengths`` are the documents' token counts, separators included; every one is positive. Documents are read in a shuffled order, anew
    for every epoch, until the budget of ``rows * sequence_length`` tokens is reached: each token of an epoch is used exactly once; only
    the last document of the budget may end early. ``seed`` and ``name`` (the source's) decide all that is random.
    """
    draw = random_stream(seed, "pack", name, "order")
    packed = _fill(_budget(lengths, rows * sequence_length, seed, name), rows, sequence_length)
    window: list[list[Piece]] = []
    for row in packed:
        window.append(row)
        if len(window) == _SHUFFLED:
            yield from _shuffled(window, draw)
            window = []
    yield from _shuffled(window, draw)


def _shuffled(window: list[list[Piece]], draw: np.random.Generator) -> Iterator[list[Piece]]:
    for index in draw.permutation(len(window)):
        yield window[index]


def _budget(lengths: npt.NDArray[np.int64], tokens: int, seed: int, name: str) -> Iterator[Piece]:
    """Whole documents, epoch after epoch, that add up to exactly ``tokens``."""
    epoch = 0
    while tokens > 0:
        for document in random_stream(seed, "pack", name, "epoch", epoch).permutation(len(lengths)):
            length = min(int(lengths[document]), tokens)
            yield Piece(int(document), 0, length)
            tokens -= length
            if tokens == 0:
                return
        epoch += 1


def _fill(documents: Iterator[Piece], rows: int, sequence_length: int) -> Iterator[list[Piece]]:
    waiting: list[_Waiting] = []
    arrivals = 0
    for _ in range(rows):
        row: list[Piece] = []
        gap = sequence_length
        while gap:
            while len(waiting) < _WAITING and (document := next(documents, None)) is not None:
                insort(
                    waiting,
                    _Waiting(document.end - document.start, arrivals, document.document, document.start),
                )
                arrivals += 1
            fits = bisect_right(waiting, gap, key=lambda item: item.length)
            if fits:
                # among equally long ones the earliest arrival goes first
                longest = waiting[fits - 1].length
                item = waiting.pop(bisect_right(waiting, longest - 1, hi=fits, key=lambda item: item.length))
                row.append(Piece(item.document, item.start, item.start + item.length))
                gap -= item.length
            else:
                item = waiting.pop()
                row.append(Piece(item.document, item.start, item.start + gap))
                insort(waiting, _Waiting(item.length - gap, item.arrival, item.document, item.start + gap))
                gap = 0
        yield row
