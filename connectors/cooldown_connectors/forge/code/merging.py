"""One file that two sides have changed: both changes at once, and where each side's lines come to stand.

It is a merge that never fails. What both put in at one place stands one after the other, ours first; what either removed is gone; a change
that both made is made once. Where git would merge without a conflict, it says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from cooldown_connectors.forge.code.lines import Edit, Span


class Merged(NamedTuple):
    """``edits`` lead from the common file to the merged one, ``from_ours`` from ours to it."""

    edits: list[Edit]
    from_ours: list[Edit]


def merge_edits(ours: Sequence[Edit], theirs: Sequence[Edit]) -> Merged:
    """Both lists lead from the same file, in order, without overlaps."""
    both = {(edit.old, edit.lines) for edit in ours}
    theirs = [edit for edit in theirs if (edit.old, edit.lines) not in both]
    # What is put in before a line comes before what stands in place of that line.
    put_in = sorted(
        [(edit, True) for edit in ours] + [(edit, False) for edit in theirs],
        key=lambda one: (one[0].old.start, one[0].old.end > one[0].old.start, not one[1]),
    )
    bounds = sorted({bound for edit, _ in put_in for bound in edit.old})
    whole, rest = _Edits(), _Edits()
    gone, gone_in_ours = _Inside(put_in), _Inside([one for one in put_in if one[1]])
    at, next_in = 0, 0
    for bound, following in pairwise([*bounds, None]):
        assert bound is not None
        whole.keep(bound - at)
        rest.keep(bound - at)
        while next_in < len(put_in) and put_in[next_in][0].old.start == bound:
            edit, is_ours = put_in[next_in]
            next_in += 1
            whole.put(edit.lines)
            if is_ours:
                rest.keep(len(edit.lines))
            else:
                rest.put(edit.lines)
        at = bound
        if following is not None and gone.holds(bound):
            whole.remove(following - bound)
            if not gone_in_ours.holds(bound):
                rest.remove(following - bound)
            at = following
    return Merged(whole.made, rest.made)


class _Inside:
    """Whether a line is removed, for ascending lines."""

    def __init__(self, edits: Sequence[tuple[Edit, bool]]) -> None:
        self._spans = [edit.old for edit, _ in edits]
        self._next = 0
        self._end = 0

    def holds(self, line: int) -> bool:
        while self._next < len(self._spans) and self._spans[self._next].start <= line:
            self._end = max(self._end, self._spans[self._next].end)
            self._next += 1
        return line < self._end


class _Edits:
    """Edits from one file to another, made by walking both; those that touch are one."""

    def __init__(self) -> None:
        self.made: list[Edit] = []
        self._old = self._new = 0

    def keep(self, count: int) -> None:
        self._old += count
        self._new += count

    def put(self, lines: tuple[str, ...]) -> None:
        self._add(0, lines)

    def remove(self, count: int) -> None:
        self._add(count, ())

    def _add(self, removed: int, lines: tuple[str, ...]) -> None:
        if not removed and not lines:
            return
        old, new = Span(self._old, self._old + removed), Span(self._new, self._new + len(lines))
        if self.made and self.made[-1].old.end == old.start and self.made[-1].new.end == new.start:
            last = self.made.pop()
            old, new = Span(last.old.start, old.end), Span(last.new.start, new.end)
            lines = last.lines + lines
        self.made.append(Edit(old, new, lines))
        self._old, self._new = old.end, new.end


def apply_edits(lines: Sequence[str], edits: Sequence[Edit]) -> list[str]:
    """The file that edits make of one, as lines."""
    made: list[str] = []
    at = 0
    for edit in edits:
        made += lines[at : edit.old.start]
        made += edit.lines
        at = edit.old.end
    made += lines[at:]
    return made
