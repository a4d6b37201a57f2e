"""Files at a revision: source files and notebooks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class SourceFile(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="source_file"):
    id: str
    """Stable: ``{repository}@{revision}:{path}``."""
    take: str
    repository: str
    revision: str
    """The revision that was read, not the one that last changed the file."""
    path: str
    blob: str
    mode: str
    content: str
    changed_at: datetime | None
    """Time of the last commit that changed the path; ``None`` where history does not say (a shallow clone)."""
    changed_in: str | None


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell of a notebook. ``outputs`` are those that are text, as text."""

    kind: Literal["markdown", "code", "raw"]
    source: str
    outputs: list[str] = []
    outputs_left_out: int = 0
    """Outputs that are no text (images, widgets) or too large."""


class Notebook(msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="notebook"):
    id: str
    """Stable: ``{repository}@{revision}:{path}``."""
    take: str
    repository: str
    revision: str
    path: str
    blob: str
    language: str | None
    """Of the code cells, as the notebook's kernel says it, lower case: ``python``, ``r``, ``julia``."""
    cells: list[Cell]
    changed_at: datetime | None
    changed_in: str | None
