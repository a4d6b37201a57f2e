"""JSON lines, streamed: memory stays flat whatever the size of the file, compressed or not."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from cooldown_connectors.text.chunks import chunks
from cooldown_connectors.text.options import RowOptions
from cooldown_connectors.text.rows import RowReader
from cooldown_connectors.text.walk import Found
from cooldown_kit.records import Skipped, TextPage


def read_jsonl(file: Found, options: RowOptions, reader: RowReader) -> Iterator[TextPage | Skipped]:
    """The pages of a JSONL file; each row is known by its line number, from 1. Empty lines hold no row."""
    # JSON writes some characters with six bytes and a row has other fields, too; longer lines are not worth the memory.
    limit = 2 * options.max_text_size + (64 << 10)
    try:
        for number, line in lines(file, limit):
            if line is None:
                yield Skipped(
                    what=f"{file.name}#{number}", reason="too_large", detail=f"line over {limit:,} bytes"
                )
            elif line.strip():
                yield reader.page_of_json(line, number)
    except (OSError, EOFError, pa.ArrowException) as error:
        yield Skipped(what=file.name, reason="unreadable", detail=f"the rest of the file: {error}")


def lines(file: Found, limit: int) -> Iterator[tuple[int, bytes | None]]:
    """``(number, line)`` without the newline; ``None`` for a line longer than ``limit`` bytes, which is never held whole."""
    number, held = 1, 0
    parts: list[bytes] = []
    for chunk in chunks(file):
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            held += end - start
            yield number, None if held > limit else b"".join([*parts, chunk[start:end]])
            number, parts, held, start = number + 1, [], 0, end + 1
        held += len(chunk) - start
        parts = [*parts, chunk[start:]] if held <= limit else []
    if held:
        yield number, None if held > limit else b"".join(parts)
