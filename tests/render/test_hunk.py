"""Where the line stands that a comment speaks of, and what is shown around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.records import Anchor
from cooldown_kit.render.hunk import place, position, shown_hunk

HUNK = "@@ -10,4 +10,4 @@ def f():\n a\n-b\n+c\n d\n e\n"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"line": 7}, "a.py, line 7"),
        ({"start_line": 7, "line": 7}, "a.py, line 7"),
        ({"start_line": 6, "line": 7}, "a.py, lines 6-7"),
        ({"line": 7, "side": "old"}, "a.py, removed line 7"),
        ({"start_line": 6, "line": 7, "side": "old"}, "a.py, removed lines 6-7"),
        ({}, "a.py"),
    ],
)
def test_a_place_is_said_in_words(fields: dict[str, object], said: str) -> None:
    assert place(Anchor(path="a.py", **fields)) == said  # type: ignore[arg-type]
    assert place(None) == ""


@pytest.mark.parametrize(
    ("side", "line", "number"),
    [("old", 10, 1), ("old", 11, 2), ("new", 11, 3), ("new", 12, 4), ("old", 13, 5), ("new", 99, None), ("new", 9, None)],
)  # fmt: skip
def test_a_line_is_found_on_its_side_of_the_hunk(side: str, line: int, number: int | None) -> None:
    assert position(Anchor(path="a", side=side, line=line, hunk=HUNK)) == number  # type: ignore[arg-type]


def test_nothing_is_found_where_there_is_nothing() -> None:
    assert position(Anchor(path="a", line=1)) is None
    assert position(Anchor(path="a", hunk=HUNK)) is None
    assert position(Anchor(path="a", line=1, hunk="no hunk")) is None
    assert shown_hunk(Anchor(path="a")) == ""


def test_a_short_hunk_is_whole_and_a_long_one_is_shown_around_the_lines() -> None:
    assert shown_hunk(Anchor(path="a", line=11, hunk=HUNK)) == HUNK
    long = "@@ -0,0 +1,300 @@\n" + "".join(f"+line {n}\n" for n in range(1, 301))
    lines = shown_hunk(Anchor(path="a", start_line=150, line=152, hunk=long)).split("\n")
    assert lines[:3] == ["@@ -0,0 +1,300 @@", "[129 lines of the hunk not shown]", "+line 130"]
    assert lines[-4:] == ["+line 156", "+line 157", "[143 lines of the hunk not shown]", ""]


@given(st.integers(1, 120), st.integers(1, 120), st.integers(1, 120))
def test_the_lines_are_always_seen_and_every_hidden_line_is_counted(
    count: int, first: int, last: int
) -> None:
    hunk = f"@@ -0,0 +1,{count} @@\n" + "".join(f"+line {n}\n" for n in range(1, count + 1))
    start, end = min(first, last, count), min(max(first, last), count)
    shown = shown_hunk(Anchor(path="a", start_line=start, line=end, hunk=hunk))
    assert {f"+line {start}", f"+line {end}"} <= set(shown.split("\n"))
    hidden = sum(int(line[1:].split()[0]) for line in shown.split("\n") if line.startswith("["))
    assert hidden + shown.count("+line") == count
