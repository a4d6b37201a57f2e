"""Rows of a StackExchange dump, ``<row Id="1" … />``, as bytes come in: flat memory, no DTD, no entities.

A row that is not well-formed costs itself: parsing goes on at the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from xml.parsers import expat

MAX_ROW: Final = 8 << 20
"""Bytes; the longest posts have a few hundred thousand."""
_START: Final = b"<row"
_ROOT: Final = b"<rows>"
_MAX_BAD: Final = 10_000
"""Broken rows after which a file is taken for something else."""
_MISMATCH: Final = expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]
_ENTITIES: Final = "it declares a DTD, which no dump has; entities are never expanded"


class BadXmlError(ValueError):
    """The file cannot be gone on with."""


class RowParser:
    """Feed it chunks; it calls ``row(position, attributes)`` with the byte where the row starts, ``bad(position, why)`` for what is broken.

    ``position`` is where the first chunk starts: anything but 0 must be the start of a row.
    """

    def __init__(
        self,
        row: Callable[[int, dict[str, str]], None],
        bad: Callable[[int, str], None],
        position: int = 0,
    ) -> None:
        self._row = row
        self._bad = bad
        self._fed = position
        """Bytes of the file that were given so far."""
        self._at = position
        """Where what is being parsed starts: no row is complete after it."""
        self._lost = False
        """Looking for the next row after a broken one."""
        self._tail = b""
        self._kept = b""
        """The last bytes before the chunk: an error at a ``<`` may be noticed one chunk later."""
        self._bad_rows = 0
        self._parser = self._begin(position, inside=position > 0)

    def feed(self, chunk: bytes) -> None:
        """Raises :class:`BadXmlError`, after which no more can be fed."""
        while chunk:
            if self._lost:
                chunk = self._search(chunk)
                continue
            start = self._fed
            try:
                self._fed += len(chunk)
                self._parser.Parse(chunk, False)
            except expat.ExpatError as error:
                chunk = self._recover(chunk, start, error)
                continue
            self._kept = chunk[-len(_START) :]
            if self._fed - self._at > MAX_ROW:
                self._report(f"a row has more than {MAX_ROW:,} bytes")
                self._lost, self._tail = True, b""
            return

    def finish(self) -> None:
        """The file has ended."""
        if self._lost:
            return
        try:
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            self._bad(self._at, f"it ends too early: {error}")

    def _begin(self, position: int, *, inside: bool) -> expat.XMLParserType:
        # Dumps are UTF-8; an encoding that a file claims for itself is not believed.
        parser = expat.ParserCreate("utf-8")
        self._inside = inside
        self._base = self._begun = position
        if inside:
            parser.Parse(_ROOT, False)
            self._base -= len(_ROOT)
        parser.StartElementHandler = self._element
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        return parser

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        self._at = self._base + self._parser.CurrentByteIndex
        if name == "row":
            self._row(self._at, attributes)

    def _end(self, _: str) -> None:
        self._at = self._base + self._parser.CurrentByteIndex

    def _refuse(self, *_: object) -> None:
        raise BadXmlError(_ENTITIES)

    def _report(self, why: str) -> None:
        self._bad(self._at, why)
        self._bad_rows += 1
        if self._bad_rows >= _MAX_BAD:
            raise BadXmlError(f"{_MAX_BAD:,} rows are broken: it is no dump")

    def _recover(self, chunk: bytes, start: int, error: expat.ExpatError) -> bytes:
        """What is still to be looked through for the next row: from the error on."""
        position = self._base + self._parser.ErrorByteIndex
        if not (self._inside and error.code == _MISMATCH):
            self._report(str(error))
        # Else it is the end tag of the file's own root, which closes none of ours; should rows follow it, they are found.
        self._lost, self._tail = True, b""
        if position == self._begun:
            position += 1  # this very row was tried from its start
        data = self._kept + chunk
        begin = max(0, position - (start - len(self._kept)))
        self._fed = start - len(self._kept) + begin
        return data[begin:]

    def _search(self, chunk: bytes) -> bytes:
        """Skip to the next row; the last bytes are kept in case its name is cut in two."""
        data = self._tail + chunk
        first = self._fed - len(self._tail)
        found = _row_at(data)
        if found < 0:
            self._tail = data[-len(_START) :]
            self._fed += len(chunk)
            return b""
        self._lost, self._tail, self._kept = False, b"", b""
        self._fed = first + found
        self._at = self._fed
        self._parser = self._begin(self._fed, inside=True)
        return data[found:]


def _row_at(data: bytes) -> int:
    """Where the next ``<row `` starts, -1 where none does as far as these bytes tell."""
    found = data.find(_START)
    while found >= 0:
        following = data[found + len(_START) : found + len(_START) + 1]
        if following in (b" ", b"\t", b"\n", b"\r", b"/"):
            return found
        found = data.find(_START, found + 1)
    return -1
