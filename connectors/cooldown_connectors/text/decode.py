"""Bytes → text without losing or changing a character, or the reason why not."""

from __future__ import annotations

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark starts with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY_WINDOW = 8000
"""Git's rule: a NUL among this many first bytes makes a file binary."""


class NotTextError(ValueError):
    """Bytes that are no text in their encoding. ``reason`` is ``binary``, ``not_utf8`` or ``undecodable``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def decode(data: bytes, encoding: str) -> str:
    """The text of a whole file; a byte order mark decides and is removed. Raises :class:`NotTextError`."""
    for mark, marked in _MARKS:
        if data.startswith(mark):
            return _decode(data[len(mark) :], marked)
    wide = codecs.lookup(encoding).name.startswith(("utf-16", "utf-32"))
    if not wide and b"\0" in data[:_BINARY_WINDOW]:
        raise NotTextError("binary", "there is a NUL among the first bytes")
    return _decode(data, encoding)


def _decode(data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
        if not text.isascii():
            text.encode()  # some codecs (utf-7, unicode_escape) let half a surrogate pair through
    except UnicodeError as error:
        reason = "not_utf8" if codecs.lookup(encoding).name == "utf-8" else "undecodable"
        raise NotTextError(reason, f"{error}; set `encoding` if the file has another one") from error
    return text
