"""What a converter of documents is asked, what it gives, and why it could give nothing."""

from __future__ import annotations

from typing import Literal

import msgspec


class Converted(msgspec.Struct, frozen=True):
    """The Markdown of one document. ``warnings`` counts what stood in it and could not be taken."""

    title: str | None
    text: str
    warnings: dict[str, int] = {}


class NotConvertedError(ValueError):
    """A document that gives no text. ``reason`` is a word for the harvest's count: ``encrypted``, ``bad_pdf``, …"""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Order(msgspec.Struct, frozen=True):
    """One document to convert. ``seconds`` is processor time, whole seconds."""

    kind: Literal["docx", "pdf"]
    data: bytes
    seconds: int
    max_pages: int


class Answer(msgspec.Struct, frozen=True):
    """What the document gives, or the reason why it gives nothing."""

    converted: Converted | None
    reason: str = ""
    detail: str = ""
