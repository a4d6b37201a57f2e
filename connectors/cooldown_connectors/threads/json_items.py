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
    parts: list[bytes] = []
    depth, array_at, held = 0, -1, 0
    within = in_text = escaped = found = False
    for chunk in chunks:
        start = position = 0
        while True:
            if escaped and position < len(chunk):
                position, escaped = position + 1, False
            match = _SIGNS.search(chunk, position)
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
                    start, within = match.start(), True
            else:
                if sign == b"}" and within and depth == array_at + 1:
                    yield _decoded(b"".join([*parts, chunk[start:position]]))
                    parts, held, within, found = [], 0, False, True
                elif sign == b"]" and depth == array_at:
                    found, array_at = True, -1  # an empty list is one, too
                depth -= 1
                if depth < 0:
                    raise BadJsonError("a bracket closes nothing")
        if within:
            parts.append(chunk[start:])
            held += len(chunk) - start
            if held > MAX_ITEM:
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
