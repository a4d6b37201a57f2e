"""Whole lines of a file that another process appends to, from a place that was reached before."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

MOST_BYTES = 256 << 10
"""Read at once, so that one transaction stays short."""


class Lines(NamedTuple):
    lines: list[bytes]
    """Without their ends."""
    offset: int
    """Where to go on."""
    more: bool
    """Whether there is more to read now."""


def read_lines(path: Path, offset: int, *, ended: bool = False, most: int = MOST_BYTES) -> Lines:
    """The whole lines after ``offset``. A line longer than ``most`` is given in pieces of it.

    Args:
        ended: nothing will be written any more: a last line without its end is a line too.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(most)
            more = bool(file.read(1))
    except FileNotFoundError:
        return Lines([], offset, False)
    if not data:
        return Lines([], offset, False)
    end = data.rfind(b"\n") + 1
    if end == 0:
        if len(data) < most and not ended:
            return Lines([], offset, False)  # the writer is in the middle of it
        return Lines([data], offset + len(data), more)
    if ended and not more and end < len(data):
        return Lines([*data[: end - 1].split(b"\n"), data[end:]], offset + len(data), False)
    return Lines(data[: end - 1].split(b"\n"), offset + end, more)
