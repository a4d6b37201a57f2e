"""Notebooks cell by cell: Markdown as it is, code and outputs in fences; or StarCoder's tokens for structured notebooks.

With tokens: ``<jupyter_start><jupyter_text>…<jupyter_code>…<jupyter_output>…``, and ``<empty_output>`` where code gave none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cooldown_kit.documents import Document
from cooldown_kit.records import Cell, Notebook
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markdown import fenced
from cooldown_kit.render.markup import Body, marks
from cooldown_kit.render.notebook import is_empty, left_out, notebook_document
from cooldown_kit.render.origin import NotRendered, Origin, quote_path


def render_cells(record: Notebook, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a notebook; one in which nothing is written is not rendered (``empty_notebook``)."""
    if is_empty(record):
        return NotRendered("empty_notebook")
    if names := marks("cells", layouts.tokens):
        body = _marked(record.cells, names)
        return notebook_document(record, origin, "cells", body.segments, len(names["start"]))
    header = f"File: {quote_path(record.path)}\n\n"
    body = Body().text(
        header + "\n".join(_markdown(cell, record.language or "python") for cell in record.cells)
    )
    return notebook_document(record, origin, "cells", body.segments, len(header))


def _markdown(cell: Cell, language: str) -> str:
    if cell.kind == "markdown":
        return cell.source + ("" if cell.source.endswith("\n") else "\n")
    parts = [fenced(cell.source, language if cell.kind == "code" else "raw")]
    parts += [f"Output:\n\n{fenced(output)}" for output in cell.outputs]
    if sentence := left_out(cell):
        parts.append(sentence + "\n")
    return "\n".join(parts)


def _marked(cells: Iterable[Cell], names: Mapping[str, str]) -> Body:
    body = Body().token(names["start"])
    for cell in cells:
        body.token(names["code" if cell.kind == "code" else "text"]).text(cell.source)
        if cell.kind != "code":
            continue
        body.token(names["output"])
        if output := "\n".join(filter(None, [*(text.rstrip("\n") for text in cell.outputs), left_out(cell)])):
            body.text(output)
        else:
            body.token(names["empty"])
    return body
