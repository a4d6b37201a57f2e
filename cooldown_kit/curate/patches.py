"""Replaces spans in the hunks of a unified diff so that it stays one: signs stay, and the line counts of each hunk are right."""

from __future__ import annotations

import re
from collections.abc import Sequence

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def replace_in_patch(patch: bytes, spans: Sequence[tuple[int, int, bytes]]) -> bytes:
    """``patch`` with each span ``(start, end, mark)`` replaced; spans are sorted and apart, and none reaches over a hunk header.

    A span over several lines becomes one line for each run of lines with the same sign, so that what was removed,
    what was added and what stood around still differ.
    """
    parts, position = [], 0
    for start, end, mark in spans:
        parts += [patch[position:start], _collapsed(patch, start, end, mark)]
        position = end
    parts.append(patch[position:])
    replaced = b"".join(parts)
    return recounted(replaced) if any(b"\n" in patch[start:end] for start, end, _ in spans) else replaced


def _collapsed(patch: bytes, start: int, end: int, mark: bytes) -> bytes:
    first, *others = patch[start:end].split(b"\n")
    del first
    sign = patch[patch.rfind(b"\n", 0, start) + 1 :][:1]
    lines = [mark]
    for line in others:
        if line[:1] == b"\\":  # "\ No newline at end of file" belongs to the line before it
            lines.append(line)
            sign = b""
        elif line[:1] != sign:
            sign = line[:1]
            lines.append(sign + mark)
    return b"\n".join(lines)


def recounted(patch: bytes) -> bytes:
    """The same hunks with headers that say how many lines they have, later ones moved up by what earlier ones lost."""
    lines = patch.split(b"\n")
    headers = [i for i, line in enumerate(lines) if _HUNK.match(line)]
    last = len(lines) - 1 if lines[-1] == b"" else len(lines)
    lost_old = lost_new = 0
    for header, following in zip(headers, [*headers[1:], last], strict=True):
        body = lines[header + 1 : following]
        old = sum(line[:1] in (b" ", b"-", b"") for line in body)
        new = sum(line[:1] in (b" ", b"+", b"") for line in body)
        match = _HUNK.match(lines[header])
        assert match is not None
        old_start, old_count, new_start, new_count = (int(g) if g else 1 for g in match.groups())
        ranges = (_range(old_start - lost_old, old), _range(new_start - lost_new, new))
        lines[header] = b"@@ -%s +%s @@" % ranges + lines[header][match.end() :]
        lost_old, lost_new = lost_old + old_count - old, lost_new + new_count - new
    return b"\n".join(lines)


def _range(start: int, count: int) -> bytes:
    return b"%d" % start if count == 1 else b"%d,%d" % (start, count)
