"""Hunks of a unified diff: what they say line by line, and the file that they make of the one before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cooldown_kit.records import FileChange

_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


_SIGNS = frozenset(("+", "-", " ", "\\", ""))


class Hunk(NamedTuple):
    """One hunk. Line numbers are from 1, as in the header; an empty side stands after line ``start``."""

    old_start: int
    old_count: int
    new_start: int
    new_count: int
    heading: str
    """What git shows behind the second ``@@``: the function around it."""
    lines: list[str]
    """With their sign, without their newline; ``\\ No newline at end of file`` is a line of its own."""
    old: list[str]
    """The lines before the change, without signs and newlines."""
    new: list[str]

    def side(self, sign: str) -> str:
        """The text of one side: ``-`` before the change, ``+`` after it."""
        return "".join(
            line[1:]
            + ("" if self.lines[number + 1 : number + 2] and self.lines[number + 1][:1] == "\\" else "\n")
            for number, line in enumerate(self.lines)
            if line[:1] in sign + " "
        )


def hunks(patch: str) -> Iterator[Hunk]:
    """The hunks of :attr:`FileChange.patch`, in order. Raises ``ValueError`` where the text is not made of whole hunks."""
    # Lines of content start with a sign, so no content can look like a header.
    first, *parts = ("\n" + patch).split("\n@@ ")
    if first.strip("\n"):
        raise ValueError(f"not a hunk: {first.strip()[:80]!r}")
    for part in parts:
        match = _HEADER.match("@@ " + part)
        head, _, body = part.partition("\n")
        if match is None:
            raise ValueError(f"not a hunk: {head[:80]!r}")
        lines = body.removesuffix("\n").split("\n") if body else []
        counts = [1 if count is None else int(count) for count in (match[2], match[4])]
        old, new = _side(lines, "-"), _side(lines, "+")
        if [len(old), len(new)] != counts or not {line[:1] for line in lines} <= _SIGNS:
            raise ValueError(f"not a hunk: it has other lines than {match[0]} says")
        heading = head[match.end() - 3 :].strip()
        yield Hunk(int(match[1]), counts[0], int(match[3]), counts[1], heading, lines, old, new)


def after(change: FileChange) -> str | None:
    """The whole file after ``change``; ``None`` where it cannot be known or there is none (it was deleted).

    It needs the contents before (of an added file there are none) and the patch, and the patch must fit: cleaning may
    have shortened a secret of several lines in the one and moved what the other speaks of.
    """
    if change.status == "deleted" or (change.before is None and change.status != "added"):
        return None
    if change.patch is None:
        return change.before if change.left_out == "empty" and change.before is not None else None
    try:
        return apply(change.before or "", change.patch)
    except ValueError:
        return None


def apply(before: str, patch: str) -> str:
    """``before`` with all hunks applied. Raises ``ValueError`` where one does not fit exactly."""
    lines = before.split("\n")  # where the last line ends with a newline, an empty string stands behind it
    made: list[str] = []
    position = 0
    for hunk in hunks(patch):
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        end = start + hunk.old_count
        old_open, new_open = _ends_open(hunk.lines, "-"), _ends_open(hunk.lines, "+")
        at_end = end == len(lines) if old_open else end < len(lines)
        if start < position or lines[start:end] != hunk.old or not at_end:
            raise ValueError(f"the hunk at line {hunk.old_start} does not fit")
        made += lines[position:start]
        made += hunk.new
        position = end
        if old_open and not new_open:
            made.append("")
        elif new_open and not old_open:
            if end != len(lines) - 1:
                raise ValueError(f"the hunk at line {hunk.old_start} ends the file, which goes on")
            position += 1
    made += lines[position:]
    return "\n".join(made)


def _side(lines: list[str], sign: str) -> list[str]:
    """The lines of one side, without signs. An empty line is context whose only space was stripped."""
    signs = sign + " "
    return [line[1:] for line in lines if line[:1] in signs]


def _ends_open(lines: list[str], sign: str) -> bool:
    """Whether the last line of that side has no newline, and so ends the file."""
    for number in range(len(lines) - 1, 0, -1):
        if lines[number][:1] == "\\" and lines[number - 1][:1] in sign + " ":
            return True
        if lines[number][:1] in sign + " ":
            return False
    return False
