"""Numbers about documents."""

from __future__ import annotations

import msgspec

from cooldown_kit.documents import Segment
from cooldown_kit.records import Commit, HistorySignals
from cooldown_kit.render.commit import render_commit
from cooldown_kit.render.origin import Origin
from cooldown_kit.render.signals import history_signals, text_signals


def test_a_header_and_a_prompt_are_counted_apart() -> None:
    segments = [Segment("File: a\nx\n", trained=False), Segment("y")]
    assert text_signals(segments, 8) == {
        "characters": 3,
        "header_characters": 8,
        "lines": 2,
        "prompt_characters": 10,
    }
    assert text_signals([Segment("x\ny")]) == {"characters": 3, "header_characters": 0, "lines": 2}


def test_what_history_knows_of_a_commit_comes_with_its_document(whole_commit: Commit, origin: Origin) -> None:
    signals = render_commit(whole_commit, origin).signals
    wanted = {
        "review_pull_request": 1, "pull_request": 413, "code_lines_added": 7, "lines_surviving": 6, "surviving_share": 6 / 7,
        "survival_days": 41.5, "tests_touched": 1, "bot": 0, "author_commits_before": 12, "author_path_commits_before": 3,
        "path_commits_before": 8, "author_standing": 3 / 8,
    }  # fmt: skip
    assert {name: signals[name] for name in wanted} == wanted
    unknown = {"reverted", "reverted_after_days", "revert", "fixed", "fixed_after_days", "review_pushed"}
    assert not unknown & set(signals), "not known is not no"


def test_reverts_and_fixes_are_numbers_too(whole_commit: Commit) -> None:
    assert whole_commit.signals is not None
    known = msgspec.structs.replace(
        whole_commit.signals, review="pushed", reverts="aa", reverted_by="bb", reverted_after_days=2.5, fixed_by="cc", fixed_after_days=0.5
    )  # fmt: skip
    signals = history_signals(known)
    wanted = {
        "review_pushed": 1,
        "revert": 1,
        "reverted": 1,
        "reverted_after_days": 2.5,
        "fixed": 1,
        "fixed_after_days": 0.5,
    }
    assert {name: signals[name] for name in wanted} == wanted
    assert "review_pull_request" not in signals


def test_every_signal_of_a_history_has_a_name() -> None:
    """A field that is added to the record and forgotten here would silently be lost."""
    rendered = {
        "review", "pull_request", "reverts", "reverted_by", "reverted_after_days", "fixed_by", "fixed_after_days", "lines_added",
        "lines_surviving", "survival_days", "tests_touched", "bot", "author_commits_before", "author_path_commits_before", "path_commits_before",
    }  # fmt: skip
    place_only = {"merged_in"}
    assert set(HistorySignals.__struct_fields__) == rendered | place_only


def test_a_history_that_was_not_read_says_nothing() -> None:
    assert history_signals(None) == {}
