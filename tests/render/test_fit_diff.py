"""Diffs that have only so much room."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.render.diff import render_change
from cooldown_kit.render.fit_diff import first_hunks, fit_changes

from .talk_records import added, modified


def hunk(number: int, size: int = 30) -> str:
    return f"@@ -{number},1 +{number},1 @@\n-{'x' * size}\n+{'y' * size}\n"


def test_what_fits_is_whole() -> None:
    changes = [
        modified("a.py", hunk(1) + hunk(9)),
        added("b.py", "@@ -0,0 +1 @@\n+x\n"),
        modified("c.png", None, left_out="binary"),
    ]
    assert fit_changes(changes, 5000) == "".join(map(render_change, changes))
    assert fit_changes([], 5000) == ""


def test_a_file_without_room_for_one_hunk_is_a_sentence() -> None:
    assert (
        fit_changes([modified("a.js", hunk(1, 5000))], 1000) == "File a.js modified, diff too large to show\n"
    )


def test_one_hunk_or_several_are_named_as_such() -> None:
    two = modified("a.py", hunk(1) + hunk(9))
    assert fit_changes([two], 130).endswith("[1 more hunk not shown]\n")


@given(st.lists(st.integers(1, 200), min_size=1, max_size=20), st.integers(0, 3000))
def test_hunks_are_whole_and_those_that_are_not_shown_are_counted(sizes: list[int], room: int) -> None:
    patch = "".join(hunk(number * 10 + 1, size) for number, size in enumerate(sizes))
    kept = first_hunks(patch, room)
    assert patch.startswith(kept)
    assert len(kept) <= room
    assert kept == "" or patch[len(kept) :][:3] in ("", "@@ ")
    text = fit_changes([modified("a.py", patch)], room)
    hidden = re.search(r"\[(\d+) more hunks? not shown\]", text)
    shown = text.count("\n@@ ")
    assert shown + (int(hidden[1]) if hidden else 0) == len(sizes) or text.startswith("File a.py")
