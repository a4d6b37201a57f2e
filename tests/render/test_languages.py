"""Languages by file name."""

from __future__ import annotations

import pytest

from cooldown_kit.render.languages import is_markup, language_of, languages


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/a.py", "Python"),
        ("SRC/A.PY", "Python"),
        ("a.blade.php", "Blade"),
        ("a.php", "PHP"),
        ("deploy/Dockerfile", "Dockerfile"),
        ("Dockerfile.dev", "Dockerfile"),
        ("CMakeLists.txt", "CMake"),
        ("notes.txt", "Text"),
        ("x/go.mod", "Go Module"),
        ("migrations/1.sql", "SQL"),
        ("app.component.ts", "TypeScript"),
        (".gitignore", "Ignore List"),
        ("unheard.of", None),
        ("noextension", None),
        ("folder.py/noextension", None),
        ("", None),
    ],
)
def test_the_file_name_tells_the_language(path: str, language: str | None) -> None:
    assert language_of(path) == language


@pytest.mark.parametrize(
    ("line", "language"),
    [
        ("#!/bin/sh", "Shell"),
        ("#!/usr/bin/env python3.11", "Python"),
        ("#! /usr/bin/env -S node --harmony", "JavaScript"),
        ("#!/usr/bin/perl -w", "Perl"),
        ("#!/opt/unheard", None),
        ("# a comment", None),
    ],
)
def test_the_interpreter_decides_where_the_name_says_nothing(line: str, language: str | None) -> None:
    assert language_of("bin/tool", line) == language
    assert language_of("bin/tool.rb", line) == "Ruby"


def test_markup_and_data_are_told_from_programming_languages() -> None:
    marked = {"Markdown", "YAML", "JSON", "HTML", "CSS", "SCSS", "reStructuredText", "TOML"}
    assert all(map(is_markup, marked))
    assert not any(map(is_markup, ["Python", "Java", "SQL", "Shell", None]))
    assert len(languages()) > 120
    assert marked < set(languages())
