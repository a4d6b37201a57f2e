"""Hunks of a unified diff: what they say line by line, and the file that they make of the one before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from cooldown_kit.records import FileChange

_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


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

    def side(self, sign: str) -> str:
        """The text of one side: ``-`` before the change, ``+`` after it."""
        return "".join(_side(self.lines, sign))


def hunks(patch: str) -> Iterator[Hunk]:
    """The hunks of :attr:`FileChange.patch`, in order. Raises ``ValueError`` where a line belongs to none."""
    lines = patch.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    at = 0
    while at < len(lines):
        match = _HEADER.match(lines[at])
        if match is None:
            raise ValueError(f"not a hunk: {lines[at][:80]!r}")
        start = at = at + 1
        old_start, new_start = int(match[1]), int(match[3])
        old_count, new_count = (1 if count is None else int(count) for count in (match[2], match[4]))
        old_left, new_left = old_count, new_count
        while at < len(lines) and (old_left > 0 or new_left > 0 or lines[at].startswith("\\")):
            sign = lines[at][:1]
            old_left -= sign in ("-", " ", "")
            new_left -= sign in ("+", " ", "")
            at += 1
        yield Hunk(
            old_start,
            old_count,
            new_start,
            new_count,
            lines[start - 1][match.end() :].strip(),
            lines[start:at],
        )


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
    lines = _lines(before)
    parts: list[str] = []
    position = 0
    for hunk in hunks(patch):
        start = hunk.old_start - 1 if hunk.old_count else hunk.old_start
        old = list(_side(hunk.lines, "-"))
        if start < position or lines[start : start + len(old)] != old:
            raise ValueError(f"the hunk at line {hunk.old_start} does not fit")
        parts += lines[position:start]
        parts += _side(hunk.lines, "+")
        position = start + len(old)
    parts += lines[position:]
    return "".join(parts)


def _lines(text: str) -> list[str]:
    """Lines as git counts them: a newline alone ends one."""
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _side(lines: list[str], sign: str) -> Iterator[str]:
    """The lines of one side, with their newlines."""
    for number, line in enumerate(lines):
        if line[:1] in (sign, " ", "") and not line.startswith("\\"):
            ends_open = number + 1 < len(lines) and lines[number + 1].startswith("\\")
            yield line[1:] + ("" if ends_open else "\n")
