from __future__ import annotations

import pytest
from cooldown_connectors.git.path_filter import path_filter


@pytest.mark.parametrize(
    ("glob", "matched", "not_matched"),
    [
        ("*.py", ["a.py", "src/deep/a.py"], ["a.pyc", "a.py.txt"]),
        ("vendor", ["vendor/a", "x/vendor/b/c"], ["vendors/a", "vendor.txt"]),
        ("vendor/", ["vendor/a"], ["vendors/a"]),
        ("/a.py", ["a.py"], ["src/a.py"]),
        ("src/*.py", ["src/a.py"], ["src/deep/a.py", "x/src/a.py"]),
        ("src/**/*.py", ["src/a.py", "src/b/c/a.py"], ["a.py"]),
        ("src/**", ["src/a", "src/b/c"], ["other/src/a"]),
        ("a?.[ch]", ["ab.c", "d/ab.h"], ["a.c", "a/.c", "ab.o"]),
        ("[!a]x", ["bx"], ["ax", "/x"]),
        ("a.b", ["a.b"], ["axb"]),
        ("[", ["["], ["a"]),
        ("line\nbreak", ["line\nbreak"], ["line"]),
    ],
)
def test_globs_match_as_in_gitignore(glob, matched, not_matched):
    taken = path_filter([glob], [])
    assert [p for p in matched if not taken(p)] == []
    assert [p for p in not_matched if taken(p)] == []


def test_exclude_wins_and_no_include_takes_all():
    assert path_filter([], [])("anything")
    taken = path_filter(["src"], ["*.min.js"])
    assert taken("src/a.js")
    assert not taken("src/a.min.js")
    assert not taken("other/a.js")
