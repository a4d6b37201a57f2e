"""Plain text, and examples of how a model is to answer."""

from __future__ import annotations

from datetime import datetime

import msgspec


class ChatTurn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One turn of an example of how a model is to answer."""

    role: str = ""
    """``system``, ``user``, ``assistant`` and so on; empty where text just follows text (a prompt and its completion)."""
    text: str
    trained: bool = True
    """Whether the model learns to write it, or only reads it."""


class TextPage(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="record", tag="text_page", omit_defaults=True
):
    id: str
    """Stable: ``{path}`` or ``{path}#{row}``."""
    take: str
    path: str
    row: int | None = None
    """Row in a JSONL or Parquet file, from 1."""
    title: str | None = None
    text: str
    """Empty where ``turns`` hold what there is."""
    turns: list[ChatTurn] = []
    """Of a row that shows a conversation, or a prompt with its completion."""
    time: datetime | None = None
    url: str | None = None
    repository: str | None = None
    revision: str | None = None
