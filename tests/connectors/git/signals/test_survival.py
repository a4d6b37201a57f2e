"""What becomes of the lines a commit adds: against a reference that keeps every line on a stack."""

from __future__ import annotations

import statistics
from pathlib import Path

import numpy as np
import pytest
from cooldown_connectors.git.signals.event_file import EventFile
from cooldown_connectors.git.signals.lines import FileLines
from cooldown_connectors.git.signals.survival import Survival
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAY = 86_400


def _hashes(lines: str) -> bytes:
    """One letter a line."""
    return np.array([ord(line) * 0x1234_5678_9ABC_DEF1 % 2**64 for line in lines], "<u8").tobytes()


def _file(
    added: str, deleted: str = "", path: str = "a", old: str | None = None, new: bool = False
) -> FileLines:
    return FileLines(path, old, _hashes(added), _hashes(deleted), new)


def _run(tmp_path: Path, commits, fixes=(), fix_days=30, times=None, ends=None):
    """``commits``: for each number its files, ``None`` where none were given; one commit a day. ``ends``: path → its lines."""
    with Survival(tmp_path) as survival:
        for number, files in enumerate(commits):
            if files is not None:
                survival.add(number, files)
        for path, lines in (ends or {}).items():
            survival.stands(path, _hashes(lines))
        mask = np.zeros(len(commits), np.bool_)
        mask[list(fixes)] = True
        committed = np.array(times if times is not None else range(len(commits)), np.int64) * DAY
        return survival.finish(committed, mask, fix_days)


def test_a_line_counts_until_it_is_deleted_and_one_that_stands_until_the_newest_commit(tmp_path):
    result = _run(tmp_path, [[_file("xyz")], [_file("w", "x")], [], [_file("", "y")], []])
    assert result.lines_added.tolist() == [3, 1, 0, 0, 0]
    assert result.lines_surviving.tolist() == [1, 1, 0, 0, 0]
    assert result.survival_days[:2].tolist() == [3, 3]  # 1, 3 and 4 days; 3 days
    assert np.isnan(result.survival_days[2:]).all()


def test_a_deletion_takes_the_newest_of_equal_lines(tmp_path):
    result = _run(tmp_path, [[_file("x")], [_file("x")], [_file("", "x")]])
    assert result.lines_surviving.tolist() == [1, 0, 0]


def test_the_same_line_in_another_file_is_another_line(tmp_path):
    result = _run(tmp_path, [[_file("x", path="a")], [_file("x", path="b")], [_file("", "x", path="a")]])
    assert result.lines_surviving.tolist() == [0, 1, 0]


def test_a_line_that_a_commit_only_moves_stays_with_who_wrote_it(tmp_path):
    result = _run(tmp_path, [[_file("xy")], [_file("xz", "x")], [_file("", "x")]])
    assert result.lines_added.tolist() == [2, 1, 0]
    assert result.lines_surviving.tolist() == [1, 1, 0]


def test_a_rename_takes_the_lines_along(tmp_path):
    result = _run(tmp_path, [[_file("xy")], [_file("", path="b", old="a")], [_file("", "x", path="b")]])
    assert result.lines_surviving.tolist() == [1, 0, 0]


def test_a_branch_without_the_rename_goes_on_under_the_old_path(tmp_path):
    result = _run(tmp_path, [[_file("xy")], [_file("", path="b", old="a")], [_file("", "x", path="a")]])
    assert result.lines_surviving.tolist() == [1, 0, 0]


def test_a_new_file_at_a_path_that_was_left_is_another_file(tmp_path):
    moved, anew = _file("", path="b", old="a"), _file("x", path="a", new=True)
    result = _run(tmp_path, [[_file("x")], [moved], [anew], [_file("", "x", path="b")]])
    assert result.lines_surviving.tolist() == [0, 0, 1, 0]


def test_the_first_fix_within_the_window_is_named_and_no_other_commit(tmp_path):
    commits = [[_file("vwxyz")], [_file("", "v")], [_file("", "w")], [_file("", "x")], [_file("", "y")]]
    assert _run(tmp_path, commits, fixes=[2, 3]).fixed_by.tolist() == [2, -1, -1, -1, -1]
    assert _run(tmp_path, commits, fixes=[3, 4], fix_days=2).fixed_by.tolist() == [-1] * 5
    assert _run(tmp_path, commits, fixes=[3, 4], fix_days=3).fixed_by.tolist() == [3, -1, -1, -1, -1]


def test_a_fix_of_tests_or_prose_is_no_fix_of_what_the_program_does(tmp_path):
    for path, expected in (("a.py", 1), ("tests/test_a.py", -1), ("CHANGELOG.md", -1), ("docs/conf.py", -1)):
        result = _run(tmp_path, [[_file("x", path=path)], [_file("", "x", path=path)]], fixes=[1])
        assert result.fixed_by[0] == expected, path


def test_a_line_that_two_branches_added_stands_once_and_goes_with_its_double(tmp_path):
    twice = [[_file("xy")], [_file("xy")], [_file("", "x")]]
    assert _run(tmp_path, twice).lines_surviving.tolist() == [2, 1, 0]
    result = _run(tmp_path, twice, ends={"a": "y"})
    assert result.lines_surviving.tolist() == [0, 1, 0]
    assert result.survival_days[0] == 2, "x went with its double; when y did, no commit says"


def test_what_no_commit_deleted_but_is_not_there_at_the_end_went_at_a_time_unknown(tmp_path):
    result = _run(tmp_path, [[_file("xy")], []], ends={"b": "x"})
    assert (result.lines_added[0], result.lines_surviving[0]) == (2, 0)
    assert np.isnan(result.survival_days[0])


def test_a_renamed_file_stands_under_its_last_path(tmp_path):
    commits = [[_file("xy")], [_file("", path="b", old="a")]]
    assert _run(tmp_path, commits, ends={"b": "xy"}).lines_surviving[0] == 2


def test_a_commit_whose_lines_were_not_given_is_not_known(tmp_path):
    result = _run(tmp_path, [[_file("x")], None, [_file("", "x")]])
    assert result.known.tolist() == [True, False, True]


def test_a_clock_that_goes_back_makes_no_negative_days(tmp_path):
    result = _run(tmp_path, [[_file("x")], [_file("", "x")]], times=[5, 2])
    assert result.survival_days[0] == 0


def test_no_commits_are_a_history_too(tmp_path):
    assert len(_run(tmp_path, []).lines_added) == 0
    assert _run(tmp_path, [None, None]).known.tolist() == [False, False]


def test_no_file_is_left_behind(tmp_path):
    _run(tmp_path, [[_file("x")], [_file("", "x")]])
    assert list(tmp_path.iterdir()) == []


def test_commits_out_of_order_are_our_mistake(tmp_path):
    with Survival(tmp_path) as survival:
        survival.add(1, [])
        with pytest.raises(AssertionError, match="canonical order"):
            survival.add(1, [])


def _reference(commits, fixes, fix_days, ends):
    """Every line on the stack of its file and text; a commit's own moves cancelled first."""
    standing, last = {}, {}
    fates: dict[int, list[int | str | None]] = {number: [] for number in range(len(commits))}
    for number, files in enumerate(commits):
        for path, added, deleted in files:
            for line in sorted(set(added) | set(deleted)):
                stack = standing.setdefault((path, line), [])
                net = added.count(line) - deleted.count(line)
                stack += [number] * net
                for _ in range(-net):
                    last[path, line] = number
                    if stack:
                        fates[stack.pop()].append(number)
    for (path, line), stack in standing.items():
        there = len(stack) if ends is None else ends.get(path, "").count(line)
        for place, number in enumerate(reversed(stack)):
            went = last.get((path, line), -1)
            fates[number].append(None if place < there else went if went > number else "some time")
    return [_row(number, fates[number], len(commits) - 1, fixes, fix_days) for number in range(len(commits))]


def _row(number, fates, newest, fixes, fix_days):
    lived = [(newest if end is None else end) - number for end in fates if end != "some time"]
    fixed = [end for end in fates if end in fixes and end - number <= fix_days]
    return len(fates), fates.count(None), statistics.median(lived) if lived else None, min(fixed, default=-1)


CHANGE = st.tuples(st.sampled_from("ab"), st.text("xyz", max_size=6), st.text("xyz", max_size=6))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(CHANGE, max_size=2, unique_by=lambda change: change[0]), min_size=1, max_size=14),
    st.sets(st.integers(0, 13)),
    st.integers(0, 8),
    st.none() | st.dictionaries(st.sampled_from("abc"), st.text("xyz", max_size=6), min_size=1),
)
def test_any_history_of_lines_comes_out_as_the_stacks_say(tmp_path, commits, fixes, fix_days, ends):
    fixes = {number for number in fixes if number < len(commits)}
    files = [[_file(added, deleted, path) for path, added, deleted in some] for some in commits]
    result = _run(tmp_path, files, fixes, fix_days, ends=ends)
    days = [None if np.isnan(value) else value for value in result.survival_days.tolist()]
    rows = zip(
        result.lines_added.tolist(),
        result.lines_surviving.tolist(),
        days,
        result.fixed_by.tolist(),
        strict=True,
    )
    assert list(rows) == _reference(commits, fixes, fix_days, ends)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 2**40, 2**55, 2**56, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1),
        st.integers(0, 99),
    ),
    max_size=60,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(EVENTS, st.integers(1, 20), st.integers(1, 10))
def test_events_come_back_grouped_by_key_in_the_order_they_were_put(tmp_path, events, run, read):
    with EventFile(tmp_path, run=run, read=read) as file:
        for start in range(0, len(events), 3):
            some = events[start : start + 3]
            file.put(
                np.array([key for key, _ in some], np.uint64), np.array([code for _, code in some], np.uint32)
            )
        groups = [(keys.tolist(), codes.tolist()) for keys, codes in file.groups()]
    together = [pair for keys, codes in groups for pair in zip(keys, codes, strict=True)]
    assert together == sorted(events, key=lambda event: event[0])
    parts = [set(keys) for keys, _ in groups]
    assert sum(map(len, parts)) == len(set().union(*parts)), "no key is cut in two"
