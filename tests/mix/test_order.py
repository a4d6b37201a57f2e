"""Tijdeman's rule: the promise that every prefix holds the asked shares."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.mix.order import interleave

weights = st.lists(st.integers(1, 10_000), min_size=1, max_size=12)


@given(weights, st.integers(1, 600))
def test_every_prefix_holds_the_asked_shares_to_within_one_sequence_per_source(
    weights: list[int], rows: int
) -> None:
    shares = [Fraction(weight, sum(weights)) for weight in weights]
    order = interleave(shares, rows)
    assert len(order) == rows
    counts = [0] * len(shares)
    bound = 1 - Fraction(1, max(2 * len(shares) - 2, 1)) if len(shares) > 1 else Fraction(0)
    for k, source in enumerate(order, start=1):
        counts[source] += 1
        for share, count in zip(shares, counts, strict=True):
            assert abs(share * k - count) <= bound


def test_whole_counts_are_attained_exactly() -> None:
    order = interleave([Fraction(4, 5), Fraction(3, 20), Fraction(1, 20)], 200)
    assert np.bincount(order).tolist() == [160, 30, 10]


@pytest.mark.parametrize(
    "shares", [[Fraction(1, 2)], [Fraction(3, 2), Fraction(-1, 2)], [Fraction(1), Fraction(0)]]
)
def test_shares_that_are_no_shares_are_refused(shares: list[Fraction]) -> None:
    with pytest.raises(ValueError, match="add up to exactly 1"):
        interleave(shares, 10)
