"""Hashes of lines, and what makes two patches the same."""

from __future__ import annotations

import string

import numpy as np
import pytest
from cooldown_connectors.git.signals.lines import file_lines, patch_id, text_lines
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest

from cooldown_kit.records import FileChange


def _change(
    patch: str | None, path: str = "a.py", old: str | None = None, status: str = "modified", **more
) -> FileChange:
    fields = {"old_mode": "100644", "new_mode": "100644", "old_blob": "1" * 40, "new_blob": "2" * 40} | more
    return FileChange(path=path, old_path=old, status=status, patch=patch, **fields)


def _hashes(*lines: str) -> bytes:
    return np.array([xxh3_64_intdigest(line.encode()) for line in lines], "<u8").tobytes()


PATCH = """@@ -1,5 +1,6 @@ def total(self):
 import math
-    return  half
-}
+        return  half
+
+    ++count
+\u00fcber
 # + not added
\\ No newline at end of file
@@ -20 +21 @@
---i
+}  // ;
"""


def test_added_and_deleted_lines_are_hashed_without_the_space_around_them():
    (lines,) = file_lines([_change(PATCH)])
    assert lines.added == _hashes("return  half", "++count", "\u00fcber")
    assert lines.deleted == _hashes("return  half", "--i")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "}",
        "});",
        "    ],",
        "-----",
        "//",
        "*/",
        "\t{ }",
        "\r",
        "} else {",
        "return;",
        "pass",
        "end",
    ],
)
def test_a_line_of_white_space_punctuation_or_a_lone_keyword_is_none(line):
    assert file_lines([_change(f"@@ -0,0 +1 @@\n+{line}\n")]) == []
    assert text_lines(f"{line}\n".encode()) == b""


def test_a_whole_files_lines_are_those_that_adding_it_adds():
    text = "def f():\n    return 1\n\n}\nlast"
    patch = (
        "@@ -0,0 +1,5 @@\n"
        + "".join(f"+{line}\n" for line in text.split("\n"))
        + "\\ No newline at end of file\n"
    )
    (lines,) = file_lines([_change(patch, status="added")])
    assert lines.new
    assert lines.added == text_lines(text.encode())
    assert len(lines.added) == 8 * 3


def test_a_rename_is_told_even_without_lines_and_a_copy_is_no_rename():
    renamed = _change(None, "b.py", "a.py", "renamed", left_out="empty")
    copied = _change("@@ -1 +1 @@\n+x\n", "b.py", "a.py", "copied")
    unread = _change(None, left_out="too_large")
    assert [(f.path, f.old_path) for f in file_lines([renamed, copied, unread])] == [
        ("b.py", "a.py"),
        ("b.py", None),
    ]


KEYWORDS = {b"do", b"fi", b"end", b"nil", b"try"}
LINE = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\n"), max_size=3) | st.text(
    "a \t.;", max_size=12
)


@given(st.lists(st.tuples(st.sampled_from("+- "), LINE), max_size=30))
def test_every_line_goes_where_its_sign_says(lines):
    patch = "@@ -1,9 +1,9 @@\n" + "".join(f"{sign}{line}\n" for sign, line in lines)
    (found,) = file_lines([_change(patch)]) or [None]
    for sign, name in (("+", "added"), ("-", "deleted")):
        expected = [line.encode().strip() for s, line in lines if s == sign and _says_something(line)]
        assert (getattr(found, name) if found else b"") == np.array(
            [xxh3_64_intdigest(e) for e in expected], "<u8"
        ).tobytes()


def _says_something(line: str) -> bool:
    core = line.encode().strip(bytes(range(33)) + string.punctuation.encode() + b"\x7f")
    return bool(core) and core not in KEYWORDS


def test_a_cherry_pick_has_the_same_patch_id():
    picked = PATCH.replace("@@ -1,5 +1,6 @@ def total(self):", "@@ -91,5 +99,6 @@ class Ledger:").replace(
        "        return", "  return"
    )
    other = _change("@@ -1 +1 @@\n-x\n+y\n", "b.py")
    assert patch_id([_change(PATCH), other]) == patch_id([other, _change(picked)])
    assert len(patch_id([other])) == 8


def test_another_path_line_sign_or_kind_of_change_is_another_patch():
    ids = {
        patch_id([_change(PATCH)]),
        patch_id([_change(PATCH, "b.py")]),
        patch_id([_change(PATCH.replace("++count", "++counts"))]),
        patch_id([_change(PATCH.replace("+\u00fcber", "-\u00fcber"))]),
        patch_id([_change(PATCH, status="added")]),
        patch_id([_change(PATCH, "a.py", "b.py", "renamed")]),
        patch_id([_change(PATCH), _change(PATCH)]),
    }
    assert len(ids) == 7


def test_without_a_patch_blobs_and_modes_tell_changes_apart():
    ids = {
        patch_id([_change(None, new_blob=blob, new_mode=mode)])
        for blob in "12"
        for mode in ("100644", "100755")
    }
    assert len(ids) == 4


def test_no_change_has_a_patch_id_of_zeros():
    assert patch_id([]) == bytes(8)
