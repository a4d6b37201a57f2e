"""Packing loses nothing, adds nothing, and fills every sequence."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.mix.packing import Piece, pack

lengths_of_documents = st.lists(st.integers(1, 400), min_size=1, max_size=60)


def _pack(lengths: list[int], rows: int, sequence_length: int = 64, seed: int = 3) -> list[list[Piece]]:
    array = np.array(lengths, dtype=np.int64)
    return list(pack(array, rows=rows, sequence_length=sequence_length, seed=seed, name="s"))


@given(lengths_of_documents, st.integers(1, 40))
def test_every_sequence_is_exactly_full(lengths: list[int], rows: int) -> None:
    packed = _pack(lengths, rows)
    assert len(packed) == rows
    for row in packed:
        assert sum(piece.end - piece.start for piece in row) == 64
        assert all(0 <= piece.start < piece.end <= lengths[piece.document] for piece in row)


@given(lengths_of_documents, st.integers(1, 3))
def test_whole_epochs_use_every_token_exactly_once_an_epoch(lengths: list[int], epochs: int) -> None:
    rest = -sum(lengths) % 64
    lengths = [*lengths, rest] if rest else lengths
    packed = _pack(lengths, rows=epochs * sum(lengths) // 64)
    used = Counter(
        (piece.document, token) for row in packed for piece in row for token in range(piece.start, piece.end)
    )
    assert set(used.values()) == {epochs}
    assert len(used) == sum(lengths)


@given(lengths_of_documents, st.integers(1, 40))
def test_within_a_budget_no_token_is_read_twice_before_all_were_read_once(
    lengths: list[int], rows: int
) -> None:
    used = Counter(
        (p.document, t) for row in _pack(lengths, rows) for p in row for t in range(p.start, p.end)
    )
    counts = [used[(d, t)] for d, length in enumerate(lengths) for t in range(length)]
    assert max(counts) - min(counts) <= 1


def test_documents_that_fit_stay_whole_where_long_ones_can_be_cut_instead() -> None:
    lengths = [40] * 30 + [1000] * 2
    packed = _pack(lengths, rows=sum(lengths) // 64)
    cut = {p.document for row in packed for p in row if p.end - p.start < lengths[p.document]}
    assert len(cut & set(range(30))) <= 1, "at most the budget's last document may be cut"


def test_same_seed_same_packing_and_another_seed_another() -> None:
    lengths = list(range(1, 90))
    assert _pack(lengths, 50) == _pack(lengths, 50)
    assert _pack(lengths, 50) != _pack(lengths, 50, seed=4)


def test_long_documents_do_not_all_come_first() -> None:
    lengths = [640] * 40 + [8] * 3200
    packed = _pack(lengths, rows=(640 * 40 + 8 * 3200) // 64)
    long = [any(lengths[p.document] == 640 for p in row) for row in packed]
    half = len(long) // 2
    assert abs(sum(long[:half]) - sum(long[half:])) < 0.2 * sum(long)
