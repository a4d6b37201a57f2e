"""Hunks: what they say, and the file that they make."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit import patches
from cooldown_kit.records import FileChange


def _git_diff(before: str, after: str, context: int) -> str:
    """A unified diff as git writes it, made from Python's own matcher."""
    old, new = (text.split("\n") for text in (before, after))
    open_ended = []
    for lines in (old, new):
        if lines[-1] == "":
            lines.pop()
            open_ended.append(False)
        else:
            open_ended.append(True)
    marked = [
        [*lines[:-1], lines[-1] + "\0"] if open_ else lines
        for lines, open_ in zip((old, new), open_ended, strict=True)
    ]
    diff = list(difflib.unified_diff(*marked, n=context, lineterm=""))[2:]
    text = "".join(line + "\n" for line in diff)
    return text.replace("\0\n", "\n\\ No newline at end of file\n")


_TEXT = st.text(alphabet="ab\n \r\x0c\u2028é", max_size=60)


@given(_TEXT, _TEXT, st.integers(0, 4))
def test_a_patch_makes_the_file_after_of_the_file_before(before, after, context):
    patch = _git_diff(before, after, context)
    assert patches.apply(before, patch) == after


@given(_TEXT, _TEXT)
def test_both_sides_of_a_hunk_stand_in_the_files(before, after):
    for hunk in patches.hunks(_git_diff(before, after, 3)):
        assert hunk.side("-") in before + "\n"
        assert hunk.side("+") in after + "\n"


def test_a_patch_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="line 1"):
        patches.apply("a\n", "@@ -1 +1 @@\n-b\n+c\n")


def test_a_line_that_belongs_to_no_hunk_is_refused():
    with pytest.raises(ValueError, match="not a hunk"):
        list(patches.hunks("@@ -1 +1 @@\n-b\n+c\nodd\n"))


def _change(**values):
    given = {
        "path": "a",
        "status": "modified",
        "old_mode": "100644",
        "new_mode": "100644",
        "old_blob": None,
        "new_blob": None,
    }
    return FileChange(**{**given, "patch": "@@ -1 +1 @@\n-b\n+c\n", **values})


def test_what_a_file_was_after_a_change_is_known_from_before_and_patch():
    assert patches.after(_change(before="b\n")) == "c\n"
    assert patches.after(_change(status="added", patch="@@ -0,0 +1 @@\n+c\n")) == "c\n"
    assert patches.after(_change(before="b\n", patch=None, left_out="empty")) == "b\n"


def test_it_is_not_known_without_contents_or_where_nothing_is_left():
    assert patches.after(_change()) is None
    assert patches.after(_change(before="b\n", status="deleted")) is None
    assert patches.after(_change(before="b\n", patch=None, left_out="binary")) is None
    assert patches.after(_change(before="moved\nb\n")) is None


def test_the_heading_of_a_hunk_is_kept():
    (hunk,) = patches.hunks("@@ -3,2 +3,2 @@ def total():\n a\n-b\n+c\n")
    assert (hunk.heading, hunk.old_start, hunk.new_count) == ("def total():", 3, 2)
