"""What a converter of documents gives, and why it could give nothing."""

from __future__ import annotations

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
