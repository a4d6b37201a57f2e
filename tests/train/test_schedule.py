"""Promises of the learning-rate schedule."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.train.schedule import learning_rate, warmup_steps_of

DECAYS = ["linear", "one_minus_sqrt", "cosine"]


@st.composite
def schedules(draw):
    steps = draw(st.integers(2, 400))
    peak = draw(st.floats(1e-7, 1.0))
    return {
        "steps": steps,
        "warmup_steps": draw(st.integers(0, steps - 1)),
        "peak": peak,
        "final": peak * draw(st.floats(0, 1)),
        "shape": draw(st.sampled_from(DECAYS)),
    }


def rates(schedule):
    return [learning_rate(step, **schedule) for step in range(schedule["steps"])]


@given(schedules())
def test_last_step_runs_at_exactly_the_final_rate(schedule):
    assert rates(schedule)[-1] == schedule["final"]


@given(schedules())
def test_rate_rises_to_the_peak_and_then_never_rises_again(schedule):
    values, warmup = rates(schedule), schedule["warmup_steps"]
    rising = values[: min(warmup + 1, schedule["steps"] - 1)]
    falling = values[warmup:]
    assert all(a < b for a, b in itertools.pairwise(rising))
    assert all(a >= b * (1 - 1e-12) for a, b in itertools.pairwise(falling))
    if warmup < schedule["steps"] - 1:
        assert values[warmup] == schedule["peak"]


@given(schedules())
def test_rate_stays_between_zero_and_the_peak(schedule):
    values = rates(schedule)
    assert all(0 <= value <= schedule["peak"] for value in values)
    assert all(value > 0 for value in values[:-1] if schedule["final"] > 0)


@given(st.integers(1, 400), st.floats(0, 1))
def test_constant_stays_at_the_peak_after_the_warm_up(steps, share):
    warmup = warmup_steps_of(share, steps)
    values = rates({"steps": steps, "warmup_steps": warmup, "peak": 1e-3, "final": 0.0, "shape": "constant"})
    assert set(values[warmup:]) == {1e-3}


def test_shapes_are_the_published_formulas_half_way_through():
    middle = {s: learning_rate(50, steps=101, peak=1.0, final=0.0, warmup_steps=0, shape=s) for s in DECAYS}
    assert middle["linear"] == pytest.approx(0.5)
    assert middle["one_minus_sqrt"] == pytest.approx(1 - math.sqrt(0.5))
    assert middle["cosine"] == pytest.approx(0.5)
    quarter = learning_rate(25, steps=101, peak=1.0, final=0.1, warmup_steps=0, shape="cosine")
    assert quarter == pytest.approx(0.1 + 0.9 * (1 + math.cos(math.pi / 4)) / 2)


def test_a_run_of_one_step_trains_at_the_peak():
    assert learning_rate(0, steps=1, peak=2e-4, final=0.0, warmup_steps=0, shape="linear") == 2e-4


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_warm_up_always_leaves_a_step_to_train(share, steps):
    assert 0 <= warmup_steps_of(share, steps) < steps


@pytest.mark.parametrize(("step", "warmup"), [(-1, 0), (10, 0), (0, 10), (0, -1)])
def test_a_step_or_a_warm_up_outside_the_run_is_refused(step, warmup):
    with pytest.raises(ValueError, match="10 steps"):
        learning_rate(step, steps=10, peak=1.0, final=0.0, warmup_steps=warmup, shape="linear")
