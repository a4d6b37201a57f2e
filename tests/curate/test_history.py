"""What became of a commit later decides only where the history says it."""

from __future__ import annotations

import pytest

from cooldown_kit.curate.filters import reason_to_drop
from cooldown_kit.curate.history import history_reason
from cooldown_kit.curate.options import CurateOptions, HistoryOptions

KEEP = HistoryOptions(reverted="keep", bots="keep")


@pytest.mark.parametrize(
    ("signals", "reason"),
    [({"reverted": 1.0}, "reverted"), ({"bot": 1.0}, "bot"), ({"bot": 0.0}, None), ({"revert": 1.0}, None)],
)
def test_what_was_taken_back_and_what_a_machine_wrote_is_dropped_unless_kept(signals, reason):
    assert history_reason(signals, HistoryOptions()) == reason
    assert history_reason(signals, KEEP) is None


@pytest.mark.parametrize(
    ("days", "standing", "reason"),
    [(3.0, 0.1, "short_lived"), (30.0, 0.1, None), (3.0, 0.5, None), (3.0, 1.0, None)],
)
def test_lines_that_were_soon_rewritten_are_short_lived_and_lines_that_still_stand_are_not(
    days, standing, reason
):
    signals = {"survival_days": days, "surviving_share": standing}
    assert history_reason(signals, HistoryOptions(min_survival_days=14)) == reason
    assert history_reason(signals, HistoryOptions()) is None


def test_what_the_history_does_not_say_drops_nothing():
    assert history_reason({}, HistoryOptions(min_survival_days=1000)) is None


def test_the_recipe_decides_for_commits(make_document):
    commit = make_document(content="Fix the rounding of cents\n", kind="commit", signals={"reverted": 1.0})
    assert reason_to_drop(commit, CurateOptions()) == "reverted"
    options = CurateOptions.model_validate({"history": {"reverted": "keep"}})
    assert reason_to_drop(commit, options) is None
