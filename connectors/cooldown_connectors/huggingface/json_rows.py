"""JSON files of rows, streamed: an array of objects, or objects one after the other; memory stays flat."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa

from cooldown_connectors.text.chunks import chunks
from cooldown_connectors.text.options import RowOptions
from cooldown_connectors.text.rows import RowReader
from cooldown_connectors.text.walk import Found
from cooldown_kit.records import Skipped, TextPage

_OUTSIDE = re.compile(rb'["{}]')
_IN_STRING = re.compile(rb'\\.|"', re.DOTALL)


def read_json(file: Found, options: RowOptions, reader: RowReader) -> Iterator[TextPage | Skipped]:
    """The pages of a JSON file; each row is known by its number, from 1."""
    # JSON writes some characters with six bytes and a row has other fields, too; longer rows are not worth the memory.
    limit = 2 * options.max_text_size + (64 << 10)
    number = 0
    try:
        for number, row in enumerate(objects(chunks(file), limit), 1):
            if row is None:
                detail = f"row over {limit:,} bytes"
                yield Skipped(what=f"{file.name}#{number}", reason="too_large", detail=detail)
            else:
                yield reader.page_of_json(row, number)
    except UnbalancedError as error:
        detail = f"after row {number}: {error}"
        yield Skipped(what=file.name, reason="bad_json", detail=detail)
    except (OSError, EOFError, pa.ArrowException) as error:
        yield Skipped(what=file.name, reason="unreadable", detail=f"the rest of the file: {error}")


class UnbalancedError(ValueError):
    """The file ends within a row, or a bracket closes that was not opened."""


def objects(chunks: Iterator[bytes], limit: int) -> Iterator[bytes | None]:
    """The bytes of every object that lies in no other object; ``None`` for one over ``limit`` bytes, which is never held whole.

    It may lie in arrays; what stands between objects is passed over. Raises :class:`UnbalancedError`.
    """
    braces = 0  # open ones
    in_string = False
    parts: list[bytes] = []
    held = 0
    rest = b""
    for chunk in chunks:
        data, rest = rest + chunk, b""
        position, begin = 0, 0
        while True:
            match = (_IN_STRING if in_string else _OUTSIDE).search(data, position)
            if match is None:
                break
            position, sign = match.end(), match[0]
            if sign == b'"':
                in_string = not in_string
            elif in_string:  # an escaped character
                continue
            elif sign == b"{":
                if braces == 0:
                    begin, parts, held = match.start(), [], 0
                braces += 1
            elif sign == b"}":
                braces -= 1
                if braces < 0:
                    raise UnbalancedError("a brace closes that was not opened")
                if braces == 0:
                    held += position - begin
                    yield None if held > limit else b"".join([*parts, data[begin:position]])
                    parts, held = [], 0
        end = len(data)
        if in_string and data[position:].endswith(b"\\"):  # the second half of an escape is in the next chunk
            end, rest = end - 1, data[-1:]
        if braces:
            held += end - begin
            parts = [*parts, data[begin:end]] if held <= limit else []
    if braces or in_string:
        raise UnbalancedError("the file ends within a row")
