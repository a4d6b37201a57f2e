"""Globs mean what shells mean by them."""

from __future__ import annotations

import glob
from pathlib import Path

import pytest
from cooldown_connectors.text.glob_pattern import is_glob, parse_glob
from cooldown_connectors.text.walk import Found, walk
from hypothesis import given
from hypothesis import strategies as st

FILES = [
    "a.md",
    "b.txt",
    ".hidden.md",
    "x/a.md",
    "x/ab.md",
    "x/y/c.md",
    "x/.h/d.md",
    "x[1]/e.md",
    "x/a-b.md",
    "x/^.md",
    "x/].md",
]
PATTERNS = [
    "*.md", "*", "**/*.md", "x/*.md", "x/?.md", "x/[ab].md", "x/[!b]*.md", "x/[a-c]b.md", "**/y/*.md", "x/**/*.md",
    "**", "x/**", "[x]/a.md", "x[[]1]/*.md", "*/a.md", "x/.h/*.md", ".*.md", "x/[^]*", "x/[]]*", "x/*-*.md", "x/**b.md", "nothing*",
]  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    return root


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_same_files_match_as_with_the_standard_library(pattern: str, tree: Path) -> None:
    parsed = parse_glob(pattern)
    start = tree / parsed.start
    found = {
        item.path
        for item in walk(start, parsed.matches, max_depth=parsed.max_depth, hidden=parsed.hidden)
        if isinstance(item, Found)
    }
    expected = {tree / name for name in glob.iglob(pattern, root_dir=tree, recursive=True)}  # noqa: PTH207
    assert found == {path for path in expected if path.is_file()}


@pytest.mark.parametrize(
    ("pattern", "start"),
    [
        ("*.md", ""),
        ("/etc/*.conf", "/etc"),
        ("/*.md", "/"),
        ("../a/b/**/*.md", "../a/b"),
        ("a/b*/c/d.md", "a"),
    ],
)
def test_the_search_starts_at_the_deepest_fixed_folder(pattern: str, start: str) -> None:
    assert parse_glob(pattern).start == start


@given(st.text(st.sampled_from("ab*?[]!-^./\\"), min_size=1, max_size=12), st.text(max_size=10))
def test_any_pattern_can_be_parsed(pattern: str, name: str) -> None:
    if is_glob(pattern):
        assert parse_glob(pattern).matches(name) in (True, False)
