"""Hunks as text: what a forge's own hunk says of a comment's lines, and which hunks of git's diff hold them.

A forge's hunk may be cut: GitHub's and Gitea's end with the line that is commented on. So its header's counts are not believed, only
where it starts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from cooldown_connectors.forge.code.lines import Edit, Span
from cooldown_kit.patches import Hunk, hunks

Side = Literal["old", "new"]

_HEADER: Final = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_CONTEXT: Final = 3
_BLOCK: Final = 200
"""Lines of a hunk that are looked for in a file, the last ones; and how often its rarest line may stand there:"""
_MANY: Final = 1000
_FOLLOWING: Final = 30
"""Lines of a hunk that are shown after those that are commented on: of a new file the hunk is all of it."""


class HunkLine(NamedTuple):
    """A line of a hunk with its numbers on both sides, from 0; ``None`` on a side that it is not on."""

    old: int | None
    new: int | None
    text: str

    def number(self, side: Side) -> int | None:
        return self.old if side == "old" else self.new


def read_hunk(text: str) -> list[HunkLine]:
    """The lines of a hunk, perhaps cut, that starts with its ``@@`` line; none where it is no hunk."""
    header, _, body = text.partition("\n")
    match = _HEADER.match(header)
    if match is None:
        return []
    old = int(match[1]) - (match[2] != "0")
    new = int(match[3]) - (match[4] != "0")
    found = []
    for line in body.removesuffix("\n").split("\n") if body else []:
        sign, rest = line[:1], line[1:].removesuffix("\r")
        if sign == "-":
            found.append(HunkLine(old, None, rest))
            old += 1
        elif sign == "+":
            found.append(HunkLine(None, new, rest))
            new += 1
        elif sign in (" ", ""):
            found.append(HunkLine(old, new, rest))
            old, new = old + 1, new + 1
        elif sign != "\\":
            return found  # the next hunk, or what is no hunk
    return found


def line_at(text: str, position: int | None = None) -> tuple[Side, int] | None:
    """Side and line (from 1) of a comment that has only its hunk: the line at ``position`` below the ``@@`` line (from 1), else its last,
    at which forges cut it. ``None`` where it is no hunk or not that long."""
    lines = read_hunk(text)
    at = len(lines) if position is None else position
    if not 1 <= at <= len(lines):
        return None
    line = lines[at - 1]
    if line.new is not None:
        return "new", line.new + 1
    assert line.old is not None
    return "old", line.old + 1


def text_of(lines: Sequence[HunkLine], side: Side, span: Span) -> list[str] | None:
    """What the hunk says stands in these lines; ``None`` where it does not hold all of them."""
    held = {number: line.text for line in lines if (number := line.number(side)) is not None}
    wanted = range(span.start, span.end)
    return [held[number] for number in wanted] if all(number in held for number in wanted) else None


def find_block(lines: Sequence[HunkLine], side: Side, span: Span, file: Sequence[str]) -> Span | None:
    """Where the hunk's lines stand in a file, if they do exactly once; as the place of ``span`` there.

    All of the hunk's lines on that side are looked for, from the first on: they say more than the commented ones alone.
    """
    block = [(number, line.text) for line in lines if (number := line.number(side)) is not None]
    block = block[-_BLOCK:]
    texts = [text for _, text in block]
    numbers = [number for number, _ in block]
    if span.start not in numbers or span.end - 1 not in numbers or not any(text.strip() for text in texts):
        return None
    places = _places(texts, file)
    if len(places) != 1:
        return None
    shift = places[0] - numbers[0]
    return Span(span.start + shift, span.end + shift)


def _places(block: Sequence[str], file: Sequence[str]) -> list[int]:
    """Up to two places where the block stands; it is compared only where the line stands that is rarest in the file."""
    found = []
    counts = Counter(file)
    rarest = min(range(len(block)), key=lambda at: counts[block[at]])
    if counts[block[rarest]] > _MANY:
        return []
    for at, line in enumerate(file):
        start = at - rarest
        if line == block[rarest] and start >= 0 and list(file[start : start + len(block)]) == list(block):
            found.append(start)
            if len(found) == 2:
                break
    return found


def hunk_around(patch: str, edits: Sequence[Edit], file: Sequence[str], side: Side, span: Span) -> str:
    """One hunk that holds all lines of the span, with its ``@@`` line: git's own where there is one, else git's and unchanged
    lines around them. ``file`` holds the lines of that side, ``edits`` are those of the patch (which may be empty).

    Much that follows the lines is cut. Raises ``ValueError`` for what is no patch.
    """
    met: list[tuple[Span, Hunk]] = []
    for hunk in hunks(patch):
        held = _held(hunk, side)
        if held.start < span.end and span.start < held.end:
            if held.start <= span.start and span.end <= held.end:
                return "\n".join([_header(hunk), *_cut(hunk.lines, held.start, side, span)])
            met.append((held, hunk))
    return _joined(met, edits, file, side, span)


def _held(hunk: Hunk, side: Side) -> Span:
    start, count = (hunk.old_start, hunk.old_count) if side == "old" else (hunk.new_start, hunk.new_count)
    first = start - 1 if count else start
    return Span(first, first + count)


def _header(hunk: Hunk) -> str:
    heading = f" {hunk.heading}" if hunk.heading else ""
    return f"@@ -{hunk.old_start},{hunk.old_count} +{hunk.new_start},{hunk.new_count} @@{heading}"


def _cut(lines: Sequence[str], first: int, side: Side, span: Span) -> Sequence[str]:
    """The hunk's lines up to some after the span."""
    other = "+" if side == "old" else "-"
    number = first
    for at, line in enumerate(lines):
        if number >= span.end + _FOLLOWING:
            return lines[:at]
        if line[:1] not in (other, "\\"):
            number += 1
    return lines


def _joined(
    met: Sequence[tuple[Span, Hunk]], edits: Sequence[Edit], file: Sequence[str], side: Side, span: Span
) -> str:
    """Hunks that hold some of the lines, with the unchanged lines between and around them."""
    start, end = max(0, span.start - _CONTEXT), min(len(file), span.end + _CONTEXT)
    for edit in edits:  # the lines around are unchanged ones
        held = edit.old if side == "old" else edit.new
        if held.end <= span.start:
            start = max(start, held.end)
        elif held.start >= span.end:
            end = min(end, held.start)
    if met:
        start, end = min(start, met[0][0].start), max(end, met[-1][0].end)
    shown: list[str] = []
    at = start
    for held, hunk in met:
        shown += [f" {line}" for line in file[at : held.start]]
        shown += hunk.lines
        at = held.end
    shown += [f" {line}" for line in file[at:end]]
    other = _other_side(edits, side, start)
    old, new = (start, other) if side == "old" else (other, start)
    counts = [sum(line[:1] in signs for line in shown) for signs in (("-", " ", ""), ("+", " ", ""))]
    return "\n".join([f"@@ -{old + 1},{counts[0]} +{new + 1},{counts[1]} @@", *shown])


def _other_side(edits: Sequence[Edit], side: Side, line: int) -> int:
    """The number that an unchanged line has on the other side."""
    shift = 0
    for edit in edits:
        held, others = (edit.old, edit.new) if side == "old" else (edit.new, edit.old)
        if held.end > line:
            break
        shift = others.end - held.end
    return line + shift
