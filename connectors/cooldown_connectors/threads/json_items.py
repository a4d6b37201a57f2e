"""Objects of a large JSON file one by one: an array of them, an object with such arrays, or one a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

MAX_ITEM: Final = 64 << 20
"""Bytes: a question with all its answers."""
_SIGNS: Final = re.compile(rb'["\\{}\[\]]')
_DEEPEST: Final = 2
"""An item is an object in an array that is the whole file, or a value of the object that is."""


class BadJsonError(ValueError):
    """The rest of the file cannot be read."""


def items(chunks: Iterable[bytes]) -> Iterator[dict[str, Any] | str]:
    """Each object of the file, or why one could not be read; memory holds one at a time.

    Raises :class:`BadJsonError` where the file ends within an object, or holds no objects.
    """
    held = bytearray()
    depth, start, in_text, escaped, found, array_at = 0, -1, False, False, False, -1
    for chunk in chunks:
        offset = len(held) if start >= 0 else 0
        data = bytes(held) + chunk if start >= 0 else chunk
        held = bytearray()
        position = offset
        while True:
            if escaped and position < len(data):
                position, escaped = position + 1, False
            match = _SIGNS.search(data, position)
            if match is None:
                break
            position = match.end()
            sign = match[0]
            if sign == b"\\":
                escaped = in_text
            elif sign == b'"':
                in_text = not in_text
            elif in_text:
                continue
            elif sign in b"{[":
                depth += 1
                if sign == b"[" and depth <= _DEEPEST and array_at < 0:
                    array_at = depth
                elif sign == b"{" and array_at >= 0 and depth == array_at + 1:
                    start = match.start()
            else:
                if sign == b"}" and start >= 0 and depth == array_at + 1:
                    found = True
                    yield _decoded(data[start:position])
                    start = -1
                elif sign == b"]" and depth == array_at:
                    found, array_at = True, -1  # an empty list is one, too
                depth -= 1
                if depth < 0:
                    raise BadJsonError("a bracket closes nothing")
        if start >= 0:
            held = bytearray(data[start:])
            start = 0
            if len(held) > MAX_ITEM:
                raise BadJsonError(f"an item has more than {MAX_ITEM:,} bytes")
    if depth or in_text:
        raise BadJsonError("it ends within an item")
    if not found:
        raise BadJsonError("there is no list of objects in it")


def line_items(lines: Iterable[bytes]) -> Iterator[dict[str, Any] | str]:
    """Of a file with one object a line."""
    for line in lines:
        if line.strip():
            yield _decoded(line)


def _decoded(data: bytes) -> dict[str, Any] | str:
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return str(error)
    return value if isinstance(value, dict) else "it is not an object"
