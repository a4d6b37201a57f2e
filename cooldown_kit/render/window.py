"""Parts of long files: some lines with what surrounds them, and a line that says where others are not shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Span = tuple[int, int]
"""Lines from the first number up to, not with, the second; the first line is 0."""

_NEAR = 2
"""A gap of so few lines is shown: the line that names it would hardly be shorter."""


def lines_of(text: str) -> list[str]:
    """Lines with their newlines, as git counts them: a newline alone ends one."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def excerpt(lines: Sequence[str], spans: Iterable[Span], context: int) -> str:
    """The lines of ``spans`` with ``context`` more on either side; each gap is one line that names it.

    ::

        [lines 1-40 not shown]
        def to_cents(amount: Decimal) -> Decimal:
        …
    """
    parts: list[str] = []
    position = 0
    for start, end in _merged(spans, context, len(lines)):
        parts += [_gap(position, start), *lines[start:end]]
        position = end
    return "".join([*parts, _gap(position, len(lines))])


def fit(lines: Sequence[str], spans: Sequence[Span], room: int, *, context: int | None = None) -> str | None:
    """The whole file if it has at most ``room`` characters, else as much around ``spans`` as fits, at most ``context`` lines a
    side; ``None`` where not even the spans fit."""
    if sum(map(len, lines)) <= room:
        return "".join(lines)
    if len(excerpt(lines, spans, 0)) > room:
        return None
    low, high = 0, len(lines) if context is None else min(context, len(lines))
    while low < high:
        middle = (low + high + 1) // 2
        if len(excerpt(lines, spans, middle)) <= room:
            low = middle
        else:
            high = middle - 1
    return excerpt(lines, spans, low)


def share_out(room: int, sizes: Sequence[int], needs: Sequence[int] = ()) -> list[int]:
    """How much of ``room`` each of several files gets: small ones what they need, large ones equal parts of what is left,
    none less than its ``needs``. Where the needs alone are more than the room, the shares are too."""
    shares = dict(enumerate(_equal(room, sizes)))
    fixed: dict[int, int] = {}
    while short := {i: need for i, need in enumerate(needs) if i not in fixed and need > shares[i]}:
        fixed |= short
        free = [i for i in range(len(sizes)) if i not in fixed]
        equal = _equal(max(0, room - sum(fixed.values())), [sizes[i] for i in free])
        shares = fixed | dict(zip(free, equal, strict=True))
    return [shares[i] for i in range(len(sizes))]


def _equal(room: int, sizes: Sequence[int]) -> list[int]:
    shares = [0] * len(sizes)
    by_size = sorted(range(len(sizes)), key=sizes.__getitem__)
    for left, index in zip(range(len(sizes), 0, -1), by_size, strict=True):
        shares[index] = min(sizes[index], room // left)
        room -= shares[index]
    return shares


def _merged(spans: Iterable[Span], context: int, count: int) -> list[Span]:
    wide = sorted((max(0, start - context), min(count, end + context)) for start, end in spans)
    wide = [span for span in wide if span[0] < span[1]]
    merged: list[Span] = []
    for start, end in wide:
        if merged and start <= merged[-1][1] + _NEAR:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    if merged and merged[0][0] <= _NEAR:
        merged[0] = (0, merged[0][1])
    if merged and merged[-1][1] >= count - _NEAR:
        merged[-1] = (merged[-1][0], count)
    return merged


def _gap(start: int, end: int) -> str:
    if start >= end:
        return ""
    return f"[lines {start + 1}-{end} not shown]\n"
