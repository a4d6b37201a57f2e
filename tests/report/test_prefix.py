"""Shares along the training order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.report.prefix import prefix_shares


def test_shares_and_the_largest_deviation_are_those_of_the_definition() -> None:
    found = prefix_shares(np.array([0, 0, 1, 0]), ["text", "code"], [0.75, 0.25])
    assert found.rows == [1, 2, 3, 4]
    assert found.attained["text"] == [1, 1, pytest.approx(2 / 3), 0.75]
    assert found.largest_deviation == 0.5


@given(order=st.lists(st.integers(0, 2), min_size=1, max_size=400), points=st.integers(2, 50))
def test_at_every_prefix_shown_the_shares_add_up_to_one_and_the_last_is_the_whole(
    order: list[int], points: int
) -> None:
    found = prefix_shares(np.array(order), ["a", "b", "c"], [0.5, 0.3, 0.2], points=points)
    assert found.rows[-1] == len(order)
    assert len(found.rows) <= points
    assert np.allclose(np.sum(list(found.attained.values()), axis=0), 1)
    assert found.attained["a"][-1] == pytest.approx(order.count(0) / len(order))


def test_an_empty_order_shows_nothing() -> None:
    found = prefix_shares(np.array([], dtype=int), ["a"], [1.0])
    assert (found.rows, found.attained, found.largest_deviation) == ([], {"a": []}, 0.0)
