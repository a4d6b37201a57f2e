"""Promises about which rows a step reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.errors import InputError
from cooldown_kit.train.sampler import rows_of_steps, steps_of


@given(st.integers(1, 64), st.integers(1, 50), st.data())
def test_a_run_cut_anywhere_reads_every_row_once_and_in_order(batch, steps, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, steps), max_size=4)))
    read = [
        row
        for first, last in zip([0, *cuts], [*cuts, steps], strict=True)
        for row in rows_of_steps(first, last, batch)
    ]
    assert read == list(range(steps * batch))


def test_rows_of_a_step_follow_from_its_number_alone():
    assert list(rows_of_steps(3, 4, 8)) == [24, 25, 26, 27, 28, 29, 30, 31]


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (3, 2)])
def test_a_backward_range_of_steps_is_refused(first, last):
    with pytest.raises(ValueError, match="no range"):
        rows_of_steps(first, last, 8)


def test_steps_are_whole():
    assert steps_of(80, 8) == 10
    with pytest.raises(InputError, match=r"(?s)81 sequences.*`batch_sequences`.*divides 81"):
        steps_of(81, 8)
    with pytest.raises(InputError, match="empty"):
        steps_of(0, 8)
