"""Where lines of a file stand after a change: line maps from the hunks of git's diff.

Lines are counted from 0 here, and spans are half open: lines 5 to 7 of a file, as people count, are ``Span(4, 7)``. An empty span is the
place between two lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from cooldown_kit.patches import Hunk, hunks

Touch = Literal["changed", "beside"]


class Span(NamedTuple):
    start: int
    end: int


class Edit(NamedTuple):
    """Lines ``old`` become lines ``new``; one of them may be empty. ``lines`` are those that are put in, without newline."""

    old: Span
    new: Span
    lines: tuple[str, ...] = ()


class Moved(NamedTuple):
    """A span after a change: where those of its lines stand that are still there (``None``: none is), the place
    that they had, and whether the change touched them."""

    kept: Span | None
    place: Span
    touch: Touch | None


@lru_cache(maxsize=32)
def edits_of(patch: str) -> tuple[Edit, ...]:
    """The edits that a patch makes, in order, without the context around them. Raises ``ValueError`` for what is no patch.

    The last ones are kept: the comments on one file ask for the same."""
    return tuple(edit for hunk in hunks(patch) for edit in _edits(hunk))


def _edits(hunk: Hunk) -> list[Edit]:
    # Of an empty side the header names the line that it stands after.
    old = hunk.old_start - 1 if hunk.old_count else hunk.old_start
    new = hunk.new_start - 1 if hunk.new_count else hunk.new_start
    found: list[Edit] = []
    removed, added = list[str](), list[str]()
    for line in [*hunk.lines, " "]:
        sign = line[:1]
        if sign == "-":
            removed.append(line[1:])
        elif sign == "+":
            added.append(line[1:])
        elif sign != "\\":
            if removed or added:
                found += _edit(old, new, removed, added)
            old, new = old + len(removed) + 1, new + len(added) + 1
            removed, added = [], []
    return found


def _edit(old: int, new: int, removed: list[str], added: list[str]) -> list[Edit]:
    """The edit, without a last line that only got or lost its newline: git calls that line changed, a reader does not."""
    shorter = min(len(removed), len(added))
    head = next((at for at in range(shorter) if removed[at] != added[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if removed[-1 - at] != added[-1 - at]), rest)
    gone, come = removed[head : len(removed) - tail], added[head : len(added) - tail]
    if not gone and not come:
        return []
    old, new = old + head, new + head
    return [Edit(Span(old, old + len(gone)), Span(new, new + len(come)), tuple(come))]


def moved(edits: Sequence[Edit], span: Span) -> Moved:
    """Where a span of the file before stands in the file after, and whether one of the edits touches it.

    ``changed``: lines of it were changed or removed, or some were put in between them. ``beside``: lines were put in directly before or
    after it. Of an empty span every edit that meets it and puts lines in is ``beside``.
    """
    touch: Touch | None = None
    for edit in edits:
        touch = _touch(edit, span) or touch
        if touch == "changed":
            break
    survivors = surviving(edits, span)
    kept = Span(survivors[0].start, survivors[-1].end) if survivors else None
    return Moved(kept, kept or _place(edits, span), touch)


def _touch(edit: Edit, span: Span) -> Touch | None:
    old = edit.old
    if span.start == span.end:
        return "beside" if old.start <= span.start <= old.end and edit.lines else None
    if old.start < span.end and span.start < old.end:
        return "changed"
    if old.start == old.end:
        if span.start < old.start < span.end:
            return "changed"
        if old.start in span:
            return "beside"
    return None


def surviving(edits: Sequence[Edit], span: Span) -> list[Span]:
    """The spans of the file after that hold those lines of ``span`` that no edit removes, in order; none is empty."""
    found = []
    at, shift = span.start, 0
    for edit in edits:
        if edit.old.start >= span.end:
            break
        if edit.old.end > span.start or edit.old.start >= span.start:
            if edit.old.start > at:
                found.append(Span(at + shift, edit.old.start + shift))
            at = max(at, edit.old.end)
        shift = edit.new.end - edit.old.end
    if at < span.end:
        found.append(Span(at + shift, span.end + shift))
    return found


def _place(edits: Sequence[Edit], span: Span) -> Span:
    """What stands where the lines stood, all of which are gone: what was put in for them, perhaps nothing."""
    start = end = None
    shift = 0
    for edit in edits:
        if edit.old.start > span.end:
            break
        if edit.old.end < span.start or (edit.old.end == span.start < span.end):
            shift = edit.new.end - edit.old.end
            continue
        if edit.old.start == span.end > span.start:
            break
        start = edit.new.start if start is None else start
        end = edit.new.end
    if start is None or end is None:
        return Span(span.start + shift, span.end + shift)
    return Span(start, end)


def reversed_edits(edits: Sequence[Edit]) -> list[Edit]:
    """The way back: from the file after to the file before. What it puts in is not known."""
    return [Edit(edit.new, edit.old) for edit in edits]
