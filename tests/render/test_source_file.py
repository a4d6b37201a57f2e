"""Source files: a header line, then the content."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.documents import Document
from cooldown_kit.records import SourceFile
from cooldown_kit.render.origin import NotRendered, Origin, content_hash, quote_path
from cooldown_kit.render.source_file import render_source_file, without_header

ORIGIN = Origin("code", "git", str)


def record(path: str, content: str) -> SourceFile:
    return SourceFile(
        id=f"r@1:{path}", take="files", repository="r", revision="1", path=path, blob="", mode="100644",
        content=content, changed_at=None, changed_in=None,
    )  # fmt: skip


@given(st.text(min_size=1), st.text())
def test_content_after_the_header_is_exact(path: str, content: str) -> None:
    document = render_source_file(record(path, content), ORIGIN)
    if not content.strip():
        assert document == NotRendered("empty_file")
        return
    assert isinstance(document, Document)
    assert without_header(document.text) == content
    assert document.text[int(document.signals["header_characters"]) :] == content


def test_a_copy_under_another_name_has_the_same_content_hash(source_file: SourceFile, origin: Origin) -> None:
    copy = msgspec.structs.replace(source_file, path="copy/of.py", id="other")
    longer = msgspec.structs.replace(source_file, content=source_file.content + " ")
    first, second, third = (render_source_file(f, origin) for f in (source_file, copy, longer))
    assert first.content_hash == second.content_hash != third.content_hash


def test_document_tells_where_and_when_it_is_from(source_file: SourceFile, origin: Origin) -> None:
    document = render_source_file(source_file, origin)
    assert isinstance(document, Document)
    assert (document.kind, document.path, document.language) == ("code", source_file.path, "Python")
    assert (document.repository, document.revision) == ("ledger", "9c1f0e")
    assert document.time == source_file.changed_at
    assert document.authors == []
    assert document.signals["lines"] == 8


@pytest.mark.parametrize(
    ("path", "markup"), [("a.md", 1.0), ("a.yaml", 1.0), ("a.py", 0.0), ("unknown", 0.0)]
)
def test_markup_is_told_from_code(path: str, markup: float) -> None:
    assert render_source_file(record(path, "x"), ORIGIN).signals["markup"] == markup


def test_an_interpreter_line_tells_the_language() -> None:
    assert render_source_file(record("bin/run", "#!/usr/bin/env python3\n"), ORIGIN).language == "Python"


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("a b/ü.py", "a b/ü.py"),
        ("a\tb", '"a\\tb"'),
        ('say "x"', '"say \\"x\\""'),
        ("\x01", '"\\001"'),
        ("a\\b", '"a\\\\b"'),
    ],
)
def test_paths_are_quoted_as_git_does(path: str, quoted: str) -> None:
    assert quote_path(path) == quoted


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_content_hash_tells_all_lists_of_parts_apart(first: list[str], second: list[str]) -> None:
    assert (content_hash(first) == content_hash(second)) == (first == second)
