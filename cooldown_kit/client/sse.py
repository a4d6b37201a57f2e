"""Server-sent events, from bytes in any pieces (WHATWG HTML, 9.2.6)."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class ServerEvent:
    data: str
    event: str = "message"
    id: str | None = None
    """None where this one has no id of its own."""


class EventParser:
    """Feed it bytes; it gives the events that are whole. What a connection cut short is never given."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._after_return = False
        self._first = True
        self._data: list[str] = []
        self._event = ""
        self._id: str | None = None

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        text = self._decoder.decode(piece)
        if not text:
            return
        if self._first:
            text, self._first = text.removeprefix("\ufeff"), False
        if self._after_return:  # the line feed of a `\r\n` that was torn apart
            text = text.removeprefix("\n")
        self._after_return = text.endswith("\r")
        *lines, self._rest = _lines(self._rest + text)
        for line in lines:
            if line:
                self._field(line)
            elif (event := self._take()) is not None:
                yield event

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _take(self) -> ServerEvent | None:
        data, event, id = self._data, self._event, self._id
        self._data, self._event, self._id = [], "", None
        return ServerEvent("\n".join(data), event or "message", id) if data else None


def _lines(text: str) -> list[str]:
    """Lines end with a line feed, a carriage return, or both; no other sign ends one. The last has no end yet."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
