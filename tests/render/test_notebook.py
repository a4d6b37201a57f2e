"""Notebooks as scripts and cell by cell: nothing that was written is lost."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.documents import Document
from cooldown_kit.records import Cell, Notebook
from cooldown_kit.render.cells import render_cells
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import TOKENS
from cooldown_kit.render.options import RenderOptions
from cooldown_kit.render.origin import NotRendered, Origin
from cooldown_kit.render.script import render_script

ORIGIN = Origin("code", "git", str)
PLAIN = Layouts()
MARKED = Layouts(
    RenderOptions(special_tokens=True),
    tokenizer_tokens=frozenset([*TOKENS["cells"][0].values(), *TOKENS["script"][0].values()]),
)
SOURCES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)
CELLS = st.lists(
    st.builds(
        Cell,
        kind=st.sampled_from(["markdown", "code", "raw"]),
        source=SOURCES,
        outputs=st.lists(SOURCES, max_size=2),
        outputs_left_out=st.integers(0, 2),
    ).map(lambda cell: cell if cell.kind == "code" else Cell(kind=cell.kind, source=cell.source)),
    max_size=5,
)


def book(cells: list[Cell], language: str | None = "python") -> Notebook:
    return Notebook(
        id="r@1:n.ipynb", take="notebooks", repository="r", revision="1", path="n.ipynb", blob="", language=language,
        cells=cells, changed_at=None, changed_in=None,
    )  # fmt: skip


@given(CELLS)
def test_every_cell_and_output_can_be_read_back_from_the_marked_cells(cells: list[Cell]) -> None:
    document = render_cells(book(cells), ORIGIN, MARKED)
    if not any(cell.source.strip() for cell in cells):
        assert document == NotRendered("empty_notebook")
        return
    assert isinstance(document, Document)
    segments = iter(document.segments)
    assert next(segments).text == "<jupyter_start>"
    read: list[tuple[str, str]] = []
    for segment in segments:
        if segment.token:
            read.append((segment.text, ""))
        else:
            read[-1] = (read[-1][0], segment.text)
    names = TOKENS["cells"][0]
    for cell in cells:
        assert read.pop(0) == (names["code" if cell.kind == "code" else "text"], cell.source)
        if cell.kind == "code":
            token, outputs = read.pop(0)
            assert token == names["output"]
            assert all(output.rstrip("\n") in outputs for output in cell.outputs)
            assert ("not shown" in outputs) >= bool(cell.outputs_left_out)
            if not outputs:
                assert read.pop(0) == (names["empty"], "")
    assert read == []


@given(CELLS)
def test_every_line_of_a_notebook_stands_in_its_script(cells: list[Cell]) -> None:
    document = render_script(book(cells), ORIGIN, PLAIN)
    if not any(cell.source.strip() for cell in cells):
        assert document == NotRendered("empty_notebook")
        return
    assert isinstance(document, Document)
    text = document.text[int(document.signals["header_characters"]) :]
    for cell in cells:
        head = "# %%\n" if cell.kind == "code" else f"# %% [{cell.kind}]\n"
        closed = cell.source + ("\n" if cell.source and not cell.source.endswith("\n") else "")
        body = closed if cell.kind == "code" else commented(closed)
        assert text.startswith(head + body), "cells stand in their order, each behind its mark"
        text = text[len(head + body) :]
        for output in cell.outputs:
            said = "# Output:\n" + commented(output + ("\n" if output and not output.endswith("\n") else ""))
            assert text.startswith(said)
            text = text[len(said) :]
        if cell.outputs_left_out:
            sentence, _, text = text.partition("\n")
            assert re.fullmatch(rf"# \({cell.outputs_left_out} outputs? not shown\)", sentence)
        text = text.removeprefix("\n")
    assert text == ""


def commented(text: str) -> str:
    return "".join(f"# {line}\n" if line else "#\n" for line in text.split("\n")[:-1])


@given(CELLS)
def test_every_source_and_output_stands_in_the_plain_cells(cells: list[Cell]) -> None:
    document = render_cells(book(cells), ORIGIN, PLAIN)
    if isinstance(document, Document):
        position = 0
        for part in (text for cell in cells for text in (cell.source, *cell.outputs)):
            position = document.text.index(part, position) + len(part)


@pytest.mark.parametrize(
    ("language", "name", "sign"),
    [
        ("python", "Python", "#"), (None, "Python", "#"), ("r", "R", "#"), ("julia", "Julia", "#"), ("c++", "C++", "//"),
        ("javascript", "JavaScript", "//"), ("sql", "SQL", "--"), ("matlab", "MATLAB", "%"), ("clojure", "Clojure", ";"),
    ],
)  # fmt: skip
def test_a_script_comments_in_the_language_of_its_kernel(language: str | None, name: str, sign: str) -> None:
    document = render_script(book([Cell(kind="markdown", source="Hi")], language), ORIGIN, PLAIN)
    assert isinstance(document, Document)
    assert document.text == f"File: n.ipynb\n{sign} %% [markdown]\n{sign} Hi\n"
    assert document.language == name


def test_the_header_counts_as_header_in_both_layouts(notebook: Notebook) -> None:
    for render in (render_script, render_cells):
        for layouts in (PLAIN, MARKED):
            document = render(notebook, ORIGIN, layouts)
            assert isinstance(document, Document)
            header = document.text[: int(document.signals["header_characters"])]
            assert header.strip() in ("File: analysis/drift.ipynb", "<jupyter_script>", "<jupyter_start>")


def test_outputs_and_layout_do_not_make_another_content(notebook: Notebook) -> None:
    bare = msgspec.structs.replace(
        notebook, cells=[Cell(kind=c.kind, source=c.source) for c in notebook.cells]
    )
    documents = [render_script(notebook, ORIGIN, PLAIN), render_cells(bare, ORIGIN, MARKED)]
    assert len({document.content_hash for document in documents if isinstance(document, Document)}) == 1


def test_a_document_says_how_many_outputs_are_not_shown(notebook: Notebook) -> None:
    document = render_script(notebook, ORIGIN, PLAIN)
    assert isinstance(document, Document)
    wanted = {"cells": 5, "code_cells": 3, "outputs": 3, "outputs_left_out": 1}
    assert {name: document.signals[name] for name in wanted} == wanted
    assert (document.kind, document.path, document.time) == ("notebook", notebook.path, notebook.changed_at)
