"""Search/replace edits: what a patch does to a file, said so that no line number is needed.

::

    <<<<<<< SEARCH
        return amount.quantize(CENT, rounding=ROUND_HALF_UP)
    =======
        return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
    >>>>>>> REPLACE

The text to search for stands exactly once in the file; whoever applies edits one after the other gets the file after the change.
A side is its lines without the last newline, so a blank line at the end of one side alone is a newline more there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from cooldown_kit.patches import Hunk, hunks
from cooldown_kit.render.window import Span, lines_of

SEARCH, MIDDLE, REPLACE = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"
_CONTEXT = 1
"""Lines shown on either side of a change, unless blank: an edit reads better with something around it."""
_MOST_CONTEXT = 64
"""Lines added on either side of a hunk until its text stands once in the file; then it is given up."""


class Edit(NamedTuple):
    """``replace`` stands where ``search`` stood; ``span`` are the lines of the file that it speaks of."""

    search: str
    replace: str
    span: Span = (0, 0)


class _Part(NamedTuple):
    """Lines ``start`` to ``end`` become ``new``, which holds whole lines."""

    start: int
    end: int
    new: str


def edits_of(before: str, patch: str) -> list[Edit] | None:
    """The edits that do what ``patch`` does to ``before``, one for each run of changed lines, runs that must share context joined.

    ``None`` where a text that stands only once would be too long, or there is nothing to search for (an empty file).
    """
    parts = [part for hunk in hunks(patch) for part in _runs(hunk)]
    return _File(before).settle(parts)


def _runs(hunk: Hunk) -> Iterator[_Part]:
    """The runs of changed lines in a hunk, each with at least a line of context on either side where the hunk has it."""
    lines = list(_signed(hunk))
    at = hunk.old_start - 1 if hunk.old_count else hunk.old_start
    position = 0
    for first, last in _groups([number for number, (sign, _) in enumerate(lines) if sign in ("-", "+")]):
        start, end = max(first - _CONTEXT, 0), min(last + 1 + _CONTEXT, len(lines))
        while start < first and not lines[start][1].strip():
            start += 1
        while end > last + 1 and not lines[end - 1][1].strip():
            end -= 1
        at += sum(sign != "+" for sign, _ in lines[position:start])
        old = sum(sign != "+" for sign, _ in lines[start:end])
        yield _Part(at, at + old, "".join(text for sign, text in lines[start:end] if sign != "-"))
        at, position = at + old, end


def _signed(hunk: Hunk) -> Iterator[tuple[str, str]]:
    """Each line's sign and its text with its newline, if it has one."""
    for line, following in zip(hunk.lines, [*hunk.lines[1:], ""], strict=True):
        if not line.startswith("\\"):
            yield line[:1] or " ", line[1:] + ("" if following.startswith("\\") else "\n")


def _groups(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of the numbers that are so near that their contexts would touch."""
    first = last = None
    for number in numbers:
        if first is None or last is None:
            first = number
        elif number - last > 2 * _CONTEXT + 1:
            yield first, last
            first = number
        last = number
    if first is not None and last is not None:
        yield first, last


class _File:
    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0, *accumulate(map(len, lines_of(text)))]

    def settle(self, parts: list[_Part]) -> list[Edit] | None:
        """Grow every part until its text stands once in the file, before and after the edits above it."""
        edits: list[Edit] = []
        at, grown = 0, 0
        while at < len(parts):
            edit = self._edit(parts[at])
            if self._stands_once(edit, parts, at):
                edits.append(edit)
                at, grown = at + 1, 0
                continue
            if grown >= _MOST_CONTEXT or parts[at][:2] == (0, len(self.starts) - 1):
                return None
            step = max(1, grown)
            at, grown = self._grow(parts, at, step), grown + step
            del edits[at:]
        return edits

    def _edit(self, part: _Part) -> Edit:
        search, replace = self._lines(part.start, part.end), part.new
        if search.endswith("\n") and replace.endswith("\n"):
            search, replace = search[:-1], replace[:-1]
        return Edit(search, replace, (part.start, part.end))

    def _stands_once(self, edit: Edit, parts: Sequence[_Part], at: int) -> bool:
        whole = edit.span == (0, len(self.starts) - 1)
        if not edit.search.strip() or (not edit.replace and not whole):
            return False
        start = edit.span[0]
        edited = self._edited(parts[:at], start) + self.text[self.starts[start] :]
        return _once(edit.search, self.text) and _once(edit.search, edited)

    def _edited(self, parts: Sequence[_Part], until: int) -> str:
        """The lines before ``until``, with ``parts`` done."""
        pieces, position = [], 0
        for part in parts:
            pieces += [self._lines(position, part.start), part.new]
            position = part.end
        return "".join([*pieces, self._lines(position, until)])

    def _grow(self, parts: list[_Part], at: int, step: int) -> int:
        """Take ``step`` more lines on either side; parts that then overlap become one. Returns the place of the part."""
        part = parts[at]
        start, end = max(0, part.start - step), min(len(self.starts) - 1, part.end + step)
        first, last = at, at
        while first > 0 and parts[first - 1].end > start:
            first -= 1
        while last + 1 < len(parts) and parts[last + 1].start < end:
            last += 1
        start, end = min(start, parts[first].start), max(end, parts[last].end)
        new, position = "", start
        for joined in parts[first : last + 1]:
            new += self._lines(position, joined.start) + joined.new
            position = joined.end
        parts[first : last + 1] = [_Part(start, end, new + self._lines(position, end))]
        return first

    def _lines(self, start: int, end: int) -> str:
        return self.text[self.starts[start] : self.starts[end]]


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """``text`` with the edits done one after the other. Raises ``ValueError`` where a text to search for does not stand
    exactly once."""
    for number, edit in enumerate(edits, start=1):
        if not edit.search or not _once(edit.search, text):
            raise ValueError(f"the text that edit {number} searches for does not stand exactly once")
        text = text.replace(edit.search, edit.replace)
    return text


def render_edits(edits: Iterable[Edit]) -> str:
    """The edits as blocks, a blank line between two."""
    return "\n".join(
        f"{SEARCH}\n{_closed(edit.search)}{MIDDLE}\n{_closed(edit.replace)}{REPLACE}\n" for edit in edits
    )


def read_edits(text: str) -> list[Edit]:
    """The edits in a text, as :func:`render_edits` writes them; lines outside of blocks are passed over.

    Raises ``ValueError`` where a block does not end.
    """
    edits: list[Edit] = []
    lines = iter(text.split("\n"))
    for line in lines:
        if line == SEARCH:
            search = _until(MIDDLE, lines)
            edits.append(Edit(search, _until(REPLACE, lines)))
    return edits


def _until(mark: str, lines: Iterable[str]) -> str:
    taken: list[str] = []
    for line in lines:
        if line == mark:
            return "\n".join(taken)
        taken.append(line)
    raise ValueError(f"a block has no line {mark!r}")


def _closed(text: str) -> str:
    return text + "\n" if text else ""


def _once(part: str, text: str) -> bool:
    first = text.find(part)
    return first >= 0 and text.find(part, first + 1) < 0
