"""The hold-out is a matter of time where there is one, and of the id where there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cooldown_kit.curate.holdout import Cut, Holdout, fraction_of, instant_of, newest_cut
from cooldown_kit.curate.options import HoldoutOptions

DAY = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "instant"),
    [
        ("2026-09-01", DAY),
        (date(2026, 9, 1), DAY),
        (datetime(2026, 9, 1), DAY),
        ("2026-09-01T12:30:00", DAY + timedelta(hours=12, minutes=30)),
        ("2026-09-01T00:00:00+02:00", DAY - timedelta(hours=2)),
        (datetime(2026, 9, 1, tzinfo=timezone(timedelta(hours=2))), DAY - timedelta(hours=2)),
    ],
)
def test_a_date_is_its_midnight_and_a_time_without_zone_is_utc(after, instant):
    value = HoldoutOptions.model_validate({"after": after}).after
    assert value is not None and instant_of(value) == instant and instant_of(value).tzinfo is UTC


@pytest.mark.parametrize("after", [2026, "2026", 20260901, 2026.9])
def test_a_number_is_refused_rather_than_read_as_seconds_since_1970(after):
    with pytest.raises(ValidationError, match="such as 2026-09-01"):
        HoldoutOptions.model_validate({"after": after})


def test_after_means_later_than_that_instant():
    rule = Holdout(HoldoutOptions(after=DAY), {"code": [DAY]})
    assert not rule.holds_out("code", "a", DAY)
    assert rule.holds_out("code", "a", DAY + timedelta(microseconds=1))


@given(st.lists(st.integers(0, 10_000), unique=True, min_size=2, max_size=300), st.floats(0.01, 0.5))
def test_of_different_times_exactly_the_newest_share_is_held_out(seconds, share):
    times = [DAY + timedelta(seconds=s) for s in seconds]
    cut = newest_cut(times, share)
    held = [time for time in times if cut.holds_out("a", time)]
    assert len(held) == max(1, round(share * len(times)))
    assert min(held) > max(time for time in times if time not in held)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=200), st.floats(0.05, 0.5))
def test_with_many_equal_times_the_held_out_share_stays_between_half_and_double_or_the_hash_decides(
    days, share
):
    times = [DAY + timedelta(days=d) for d in days]
    cut = newest_cut(times, share)
    if cut.rule == "hash":
        assert cut.share == share
    else:
        wanted = max(1, round(share * len(times)))
        assert wanted / 2 <= sum(cut.holds_out("a", time) for time in times) <= 2 * wanted


def test_a_single_import_commit_is_split_by_hash():
    cut = newest_cut([DAY] * 1000, 0.1)
    assert cut == Cut("hash", share=0.1)
    assert 60 <= sum(cut.holds_out(str(i), DAY) for i in range(1000)) <= 140


def test_the_bounds_of_the_share_and_of_small_numbers():
    assert newest_cut([], 0.1) == newest_cut([DAY], 0.1) == newest_cut([DAY] * 9, 0.0) == Cut("none")
    assert all(newest_cut([DAY, DAY], 1.0).holds_out("a", DAY) for _ in range(2))


def test_undated_documents_are_held_out_by_a_hash_that_depends_on_the_id_alone():
    rule = Holdout(HoldoutOptions(after=DAY, undated=0.2), {})
    held = [str(i) for i in range(2000) if rule.holds_out("text", str(i), None)]
    assert 320 <= len(held) <= 480
    assert not any(Holdout(HoldoutOptions(undated=0.0), {}).holds_out("text", i, None) for i in held)
    assert fraction_of("repo@1:a.py") == fraction_of("repo@1:a.py") != fraction_of("repo@1:b.py")
