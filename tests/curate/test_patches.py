"""Hunk headers say how many lines their hunks have."""

from __future__ import annotations

from cooldown_kit.curate.patches import recounted, replace_in_patch


def test_a_patch_that_is_right_stays_as_it_is():
    patch = b"@@ -0,0 +1,2 @@\n+a\n+b\n@@ -10 +12,2 @@ def f():\n a\n+b\n\\ No newline at end of file\n@@ -20,2 +22 @@\n-x\n y"
    assert recounted(patch) == patch


def test_later_hunks_move_up_by_what_earlier_ones_lost():
    assert (
        recounted(b"@@ -1,4 +1,9 @@\n a\n+b\n@@ -20,2 +25,2 @@ g\n a\n b\n")
        == b"@@ -1 +1,2 @@\n a\n+b\n@@ -17,2 +18,2 @@ g\n a\n b\n"
    )


def test_a_replacement_within_a_line_leaves_the_headers_alone_even_wrong_ones():
    assert (
        replace_in_patch(b"@@ -1,7 +1,7 @@\n+key=abc\n", [(21, 24, b"<x>")]) == b"@@ -1,7 +1,7 @@\n+key=<x>\n"
    )


def test_a_replacement_over_lines_keeps_one_line_for_each_run_of_signs():
    patch = b"@@ -1,3 +1,4 @@\n a K1\n-K2\n-K3\n+K4\n+K5\n+K6 z\n"
    start, end = patch.index(b"K1"), patch.index(b" z")
    assert replace_in_patch(patch, [(start, end, b"<x>")]) == b"@@ -1,2 +1,2 @@\n a <x>\n-<x>\n+<x> z\n"
