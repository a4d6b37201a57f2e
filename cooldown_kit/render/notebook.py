"""What both layouts of a notebook share: its document, its language's comments, and outputs that are not there."""

from __future__ import annotations

from collections.abc import Sequence

from cooldown_kit.documents import Document, Segment
from cooldown_kit.records import Cell, Notebook
from cooldown_kit.render.origin import Origin, content_hash
from cooldown_kit.render.signals import text_signals

_COMMENTS = {
    "//": "c c++ cpp c# csharp dart f# fsharp go groovy java javascript js kotlin php rust scala swift typescript ts",
    "--": "haskell lua sql",
    "%": "matlab octave erlang",
    ";": "clojure lisp scheme",
}
_COMMENT = {language: sign for sign, languages in _COMMENTS.items() for language in languages.split()}
_NAMES = {
    "r": "R", "c++": "C++", "cpp": "C++", "c#": "C#", "csharp": "C#", "f#": "F#", "fsharp": "F#", "javascript": "JavaScript",
    "js": "JavaScript", "typescript": "TypeScript", "ts": "TypeScript", "sql": "SQL", "bash": "Shell", "matlab": "MATLAB",
}  # fmt: skip


def comment_sign(language: str | None) -> str:
    """What starts a comment in the language of a notebook's kernel; ``#`` where the table does not know it."""
    return _COMMENT.get(language or "", "#")


def is_empty(record: Notebook) -> bool:
    """Whether no cell holds anything that was written."""
    return not any(cell.source.strip() for cell in record.cells)


def left_out(cell: Cell) -> str:
    """A sentence on the outputs that are no text or too large; empty where there are none."""
    count = cell.outputs_left_out
    return f"({count} output{'s' if count > 1 else ''} not shown)" if count else ""


def notebook_document(
    record: Notebook, origin: Origin, layout: str, segments: Sequence[Segment], header_characters: int
) -> Document:
    """The document of a notebook in any layout; ``content_hash`` is of what was written, not of what came out."""
    language = record.language or "python"
    return Document(
        id=f"{origin.source}:{record.id}",
        source=origin.source,
        take=record.take,
        kind="notebook",
        layout=layout,
        segments=list(segments),
        content_hash=content_hash([part for cell in record.cells for part in (cell.kind, cell.source)]),
        connector=origin.connector,
        repository=record.repository,
        revision=record.revision,
        path=record.path,
        time=record.changed_at,
        language=_NAMES.get(language, language.capitalize()),
        signals={
            **text_signals(segments, header_characters),
            "cells": float(len(record.cells)),
            "code_cells": float(sum(cell.kind == "code" for cell in record.cells)),
            "outputs": float(sum(len(cell.outputs) for cell in record.cells)),
            "outputs_left_out": float(sum(cell.outputs_left_out for cell in record.cells)),
        },
    )
