"""Notebooks as one script: Markdown and text outputs are comments, ``# %%`` starts a cell, as editors and jupytext have it.

::

    File: analysis/drift.ipynb
    # %% [markdown]
    # ## Drift by day

    # %%
    drift = report(day)
    drift.sum()
    # Output:
    # Decimal("0.03")
"""

from __future__ import annotations

from cooldown_kit.documents import Document
from cooldown_kit.records import Cell, Notebook
from cooldown_kit.render.layouts import Layouts
from cooldown_kit.render.markup import Body, marks
from cooldown_kit.render.notebook import comment_sign, is_empty, left_out, notebook_document
from cooldown_kit.render.origin import NotRendered, Origin, quote_path


def render_script(record: Notebook, origin: Origin, layouts: Layouts) -> Document | NotRendered:
    """The document of a notebook; one in which nothing is written is not rendered (``empty_notebook``)."""
    if is_empty(record):
        return NotRendered("empty_notebook")
    sign = comment_sign(record.language)
    body = Body()
    if names := marks("script", layouts.tokens):
        body.token(names["script"])
    else:
        body.text(f"File: {quote_path(record.path)}\n")
    header = body.characters
    body.text("\n".join(_cell(cell, sign) for cell in record.cells))
    return notebook_document(record, origin, "script", body.segments, header)


def _cell(cell: Cell, sign: str) -> str:
    if cell.kind != "code":
        return f"{sign} %% [{cell.kind}]\n{_commented(cell.source, sign)}"
    parts = [f"{sign} %%\n", _closed(cell.source)]
    for output in cell.outputs:
        parts += [f"{sign} Output:\n", _commented(output, sign)]
    if sentence := left_out(cell):
        parts.append(f"{sign} {sentence}\n")
    return "".join(parts)


def _commented(text: str, sign: str) -> str:
    lines = _closed(text).split("\n")[:-1]
    return "".join(f"{sign} {line}\n" if line else f"{sign}\n" for line in lines)


def _closed(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"
