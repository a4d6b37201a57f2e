"""The hunk that a review comment speaks of: where its line stands in it, and the part of it around that line."""

from __future__ import annotations

import re

from cooldown_kit.records import Anchor
from cooldown_kit.render.origin import quote_path

_HEADER = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_ABOVE, _BELOW = 20, 5
"""Lines of a long hunk that are shown around those that a comment speaks of; what is said is said of what stands above."""


def place(anchor: Anchor | None) -> str:
    """What a comment speaks of, in words: ``src/ledger/rounding.py, lines 6-7``; empty where it is the request as a whole."""
    if anchor is None:
        return ""
    path = quote_path(anchor.path)
    if anchor.line is None:
        return path
    first = anchor.start_line or anchor.line
    lines = f"line {anchor.line}" if first >= anchor.line else f"lines {first}-{anchor.line}"
    return f"{path}, {'removed ' if anchor.side == 'old' else ''}{lines}"


def position(anchor: Anchor) -> int | None:
    """How many lines below its ``@@`` line the line stands that a comment speaks of, as GitHub counts; ``None`` where it is not there."""
    if anchor.hunk is None or anchor.line is None:
        return None
    return _position(anchor.hunk.split("\n"), anchor.side, anchor.line)


def _position(lines: list[str], side: str, wanted: int) -> int | None:
    match = _HEADER.match(lines[0])
    if match is None:
        return None
    at = int(match[1 if side == "old" else 2])
    other = "+" if side == "old" else "-"
    for number, line in enumerate(lines[1:], start=1):
        if line[:1] in (other, "\\"):
            continue
        if at == wanted:
            return number
        at += 1
    return None


def shown_hunk(anchor: Anchor) -> str:
    """The hunk, of a long one the part around the lines, with a line for what is not shown; ends with a newline, empty where there is none."""
    if not anchor.hunk:
        return ""
    lines = anchor.hunk.rstrip("\n").split("\n")
    if len(lines) <= _ABOVE + _BELOW + 3:
        return "\n".join(lines) + "\n"
    last = position(anchor) or len(lines) - 1
    first = _position(lines, anchor.side, anchor.start_line) if anchor.start_line else last
    start, end = max(1, (first or last) - _ABOVE), min(len(lines), last + _BELOW + 1)
    parts = [lines[0], *_gap(1, start), *lines[start:end], *_gap(end, len(lines))]
    return "\n".join(parts) + "\n"


def _gap(start: int, end: int) -> list[str]:
    count = end - start
    return [f"[{count} line{'s' if count > 1 else ''} of the hunk not shown]"] if count > 0 else []
