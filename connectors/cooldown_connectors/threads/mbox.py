"""Mails of an mbox one after another, unescaped, without holding more than one of them."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from cooldown_connectors.threads.seven_zip import too_much

_FROM: Final = b"From "
# A sentence that starts with "From " has no such time; some programs write a zone before the year, or something behind it.
_POSTMARK: Final = re.compile(
    rb"From .{0,500}(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?(?: .{0,20})? (?:19|20)\d\d(?: |\r|\n|$)"
)
_ESCAPED: Final = re.compile(rb">+From ")
_LINE: Final = 64 << 10
"""Longer lines are taken in pieces."""


class BrokenFileError(ValueError):
    """The rest of the file cannot be unpacked. ``reason``: ``unreadable`` or ``bomb``."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Cut:
    """One mail of a file. ``data`` is ``None`` where it is larger than asked for."""

    start: int
    end: int
    postmark: bytes
    """The ``From`` line; empty for what stands before the first."""
    data: bytes | None


def cut(path: Path, start: int, limit: int) -> Iterator[Cut]:
    """The mails from byte ``start`` on (of the unpacked file), which is 0 or where one starts. Raises :class:`BrokenFileError`.

    A mail starts at a ``From`` line with a time that stands behind an empty line. One ``>`` is taken from lines that start with
    ``>From``, ``>>From`` … (mboxrd; what mboxo escaped is restored, too).
    """
    try:
        with path.open("rb") as raw:
            if path.name.lower().endswith(".gz"):
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield from _cut(cast("IO[bytes]", unpacked), start, limit, path.stat().st_size)
            else:
                yield from _cut(raw, start, limit, None)
    except (EOFError, zlib.error) as error:
        raise BrokenFileError("unreadable", f"the rest of the file: {error}") from error
    except OSError as error:
        raise BrokenFileError("unreadable", f"the rest of the file: {error.strerror or error}") from error


def _cut(stream: IO[bytes], start: int, limit: int, packed: int | None) -> Iterator[Cut]:
    stream.seek(start)
    position = begin = start
    postmark, lines, held = b"", list[bytes](), 0
    blank, whole = True, True
    while line := stream.readline(_LINE):
        if whole and blank and line.startswith(_FROM) and (position == 0 or _POSTMARK.match(line)):
            if position > start:
                yield Cut(begin, position, postmark, _joined(lines, held, limit))
            begin, postmark, lines, held = position, line, [], 0
        else:
            text = line[1:] if whole and _ESCAPED.match(line) else line
            held += len(text)
            if held <= limit:
                lines.append(text)
            else:
                lines = []
        blank = whole and line in (b"\n", b"\r\n")
        whole = line.endswith(b"\n")
        position += len(line)
        if packed is not None and too_much(position, packed):
            raise BrokenFileError("bomb", f"more than {position:,} bytes in {packed:,}")
    if position > start:
        yield Cut(begin, position, postmark, _joined(lines, held, limit))


def _joined(lines: list[bytes], held: int, limit: int) -> bytes | None:
    return b"".join(lines) if held <= limit else None
