"""Paired intervals: they hold the truth as often as they say, and never claim what is not there."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.evaluate.bits_per_byte import LN2
from cooldown_kit.evaluate.paired import Stratum, expanded_tail, interval, resample, student_quantile

TRUE_DIFFERENCE = -0.05


def simulated(rng: np.random.Generator, count: int) -> Stratum:
    """Documents of log-normal size whose gain in bits per byte is around the true difference, whatever their size."""
    size = np.exp(rng.normal(7, 0.8, count))
    before = size * rng.uniform(0.4, 1.5, count)
    return Stratum("code", size, before, before + size * rng.normal(TRUE_DIFFERENCE, 0.04, count) * LN2)


def ends(
    stratum: Stratum, rng: np.random.Generator, resamples: int = 500, confidence: float = 0.95
) -> tuple[float, float]:
    part = resample(stratum, resamples=resamples, rng=rng)
    return interval([part], documents=len(stratum), confidence=confidence)


@pytest.mark.parametrize(("count", "least"), [(6, 0.88), (12, 0.91), (60, 0.92)])
def test_95_percent_intervals_hold_the_truth_about_95_times_in_100(count: int, least: float) -> None:
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(800):
        low, high = ends(simulated(rng, count), rng)
        held += low <= TRUE_DIFFERENCE <= high
    assert least < held / 800 < 0.98


def test_interval_is_narrower_for_being_paired() -> None:
    rng = np.random.default_rng(2)
    stratum = simulated(rng, 200)
    low, high = ends(stratum, rng)
    shuffled = Stratum("code", stratum.size, stratum.before, rng.permutation(stratum.after))
    wide_low, wide_high = ends(shuffled, rng)
    assert high - low < (wide_high - wide_low) / 5


def test_more_documents_and_less_confidence_make_intervals_narrower() -> None:
    rng = np.random.default_rng(3)
    few, many = simulated(rng, 20), simulated(rng, 500)
    width = {name: np.diff(ends(part, rng))[0] for name, part in (("few", few), ("many", many))}
    assert width["many"] < width["few"] / 2
    low, high = ends(few, rng, confidence=0.8)
    assert high - low < width["few"]


@given(count=st.integers(5, 40), seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_equal_scores_give_exactly_zero(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    stratum = simulated(rng, count)
    assert ends(Stratum("code", stratum.size, stratum.before, stratum.before.copy()), rng, 100) == (0.0, 0.0)


def test_the_chunks_in_which_resamples_are_drawn_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    stratum = simulated(np.random.default_rng(4), 50)
    whole = resample(stratum, resamples=200, rng=np.random.default_rng(9))
    monkeypatch.setattr("cooldown_kit.evaluate.paired._DRAWS_TOGETHER", 333)
    pieces = resample(stratum, resamples=200, rng=np.random.default_rng(9))
    assert np.array_equal(whole.difference, pieces.difference)
    assert np.array_equal(whole.size, pieces.size)


def test_memory_does_not_grow_with_the_number_of_resamples_times_documents() -> None:
    stratum = simulated(np.random.default_rng(6), 3000)
    tracemalloc.start()
    resample(stratum, resamples=1000, rng=np.random.default_rng(1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    drawn_at_once = 3000 * 1000 * 8
    assert peak < 1.6 * drawn_at_once


@pytest.mark.parametrize(
    ("tail", "freedom", "quantile"),
    [
        (0.025, 1, -12.7062),
        (0.025, 4, -2.7764),
        (0.05, 30, -1.6973),
        (0.005, 10, -3.1693),
        (0.025, 1000, -1.9623),
    ],
)
def test_students_quantiles_are_those_of_the_printed_tables(
    tail: float, freedom: int, quantile: float
) -> None:
    assert student_quantile(tail, freedom) == pytest.approx(quantile, abs=2e-4)


def test_percentiles_move_outwards_for_few_documents_and_settle_for_many() -> None:
    assert expanded_tail(0.025, 5) < 0.002
    assert expanded_tail(0.025, 20) == pytest.approx(0.0159, abs=5e-4)
    assert expanded_tail(0.025, 100_000) == pytest.approx(0.025, abs=1e-5)
    with pytest.raises(ValueError, match="two documents"):
        expanded_tail(0.025, 1)
