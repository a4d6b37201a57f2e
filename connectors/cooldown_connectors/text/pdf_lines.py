"""The lines of a PDF's page with their place, size and font, in the order in which the page draws them.

PDFium knows words and lines; what it does not say, and what paragraphs, headings and code are told by, is where a line stands and how it looks.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

CELL = "\t"
"""Stands in a line where a gap is too wide for a blank: between the cells of a table's row."""
HYPHEN = "\x02"
"""PDFium's sign for a hyphen at the end of a line, where it has already joined the two lines."""
_LIGATURES = {
    **{0xFB00 + number: text for number, text in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))},
    0xA0: " ",
    0xAD: None,
    0xFEFF: None,
    0xFFFE: HYPHEN,
}
_CONTROLS = {code: None for code in range(32) if code != 2} | {9: " "}
_CLEAN = {**_CONTROLS, **_LIGATURES}
_MONO = re.compile(r"mono(?!type)|courier|consol|typewriter|menlo|fixed|code|cmtt|lmtt|\btt|nimbusmon", re.I)
_BOLD = re.compile(r"bold|black|heavy|semib|cmbx|medi(?!um)", re.I)
_BOLD_WEIGHT = 650
_FIXED_PITCH = 1
_GRID_COLUMNS = 500
_WIDE = 0.52
"""A character takes some 0.45 of the size; a line in which each takes more than this may have gaps."""
_CELL_GAP = 1.5
"""In sizes."""
_RAISED = 4
"""So many characters at an end of a line may be marks of footnotes."""
_NEWLINE = 10
_NEWLINES = (10, 13)


def clean(text: str) -> str:
    """Text with ligatures as letters, hard blanks as blanks, and without soft hyphens and control characters."""
    return (
        text.translate(_CLEAN).encode("utf-8", "replace").decode()
    )  # half a surrogate pair of a broken font


@dataclass(slots=True)
class Line:
    """One line. Lengths are points (1/72 inch), from the lower left corner of the page.

    A line that ends with a hyphen and the next one come as one, with :data:`HYPHEN` between them: ``y`` is the
    baseline of the first, ``y_last`` of the last; ``x0`` and ``x1`` are where the first begins and the last ends.
    """

    text: str
    x0: float
    x1: float
    y: float
    y_last: float
    size: float
    """Height of the font's box."""
    mono: bool = False
    bold: bool = False


class PageReader:
    """Reads lines of pages of one document. Keeps the buffers that PDFium writes into."""

    def __init__(self) -> None:
        import pypdfium2.raw as raw

        self._raw = raw
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._box = raw.FS_RECTF()
        self._flags = ctypes.c_int()
        self._name = ctypes.create_string_buffer(128)

    def lines(self, page: Any) -> list[Line]:
        """The lines of a ``PdfTextPage``."""
        handle, found = page.raw, list[Line]()
        characters: list[int] = []
        start = 0
        count = page.count_chars()
        get = self._raw.FPDFText_GetUnicode
        for index in range(count + 1):
            code = get(handle, index) if index < count else _NEWLINE
            if code not in _NEWLINES:
                characters.append(code)
                continue
            line = self._line(handle, start, characters)
            if line is not None:
                self._add(found, line)
            start, characters = index + 1, []
        return found

    def _line(self, handle: Any, start: int, characters: list[int]) -> Line | None:
        visible = [index for index, code in enumerate(characters) if code > 32 and code != 0xA0]
        if not visible:
            return None
        probes = [visible[0], visible[len(visible) // 2], visible[-1]]
        looks = [self._look(handle, start + index) for index in probes]
        size = median(look[0] for look in looks)
        x0, x1 = self._origin(handle, start + visible[0])[0], self._right(handle, start + visible[-1])
        y = self._baseline(handle, [start + index for index in visible[:_RAISED]], size)
        y_last = self._baseline(handle, [start + index for index in visible[: -_RAISED - 1 : -1]], size)
        mono = all(look[1] for look in looks)
        text = self._on_a_grid(handle, start, characters, visible[0]) if mono and y == y_last else None
        if text is None:
            cells = [characters]
            if y == y_last and x1 - x0 > _WIDE * size * len(characters):
                cells = self._cells(handle, start, characters, size)
            text = CELL.join(clean("".join(map(chr, cell))).strip() for cell in cells)
        return Line(
            text=text,
            x0=x0,
            x1=x1,
            y=y,
            y_last=y_last,
            size=size,
            mono=mono,
            bold=all(look[2] for look in looks),
        )

    def _add(self, lines: list[Line], line: Line) -> None:
        """Append, or join to the line before where it goes on at the same height."""
        last = lines[-1] if lines else None
        size = max(last.size, line.size) if last else 0.0
        if last is None or abs(last.y_last - line.y) > 0.5 * size or line.x0 < last.x1 - 0.2 * size:
            lines.append(line)
            return
        gap = line.x0 - last.x1
        if gap <= _CELL_GAP * size:
            last.text += (" " if gap > 0.15 * size else "") + line.text
        elif last.mono:  # a comment beside code
            last.text += "    " + line.text.replace(CELL, "    ")
            line.mono = True
        else:
            last.text += CELL + line.text
        last.x1, last.y_last, last.size = line.x1, line.y_last, size
        last.mono, last.bold = last.mono and line.mono, last.bold and line.bold

    def _cells(self, handle: Any, start: int, characters: list[int], size: float) -> list[list[int]]:
        """The characters of a line, divided at gaps that are wide for it; those of justified lines are wide, but all alike."""
        gaps: list[tuple[float, int]] = []
        before: int | None = None
        for index, code in enumerate(characters):
            if code <= 32 or code == 0xA0:
                continue
            if before is not None and index > before + 1:
                left = self._origin(handle, start + index)[0]
                gaps.append((left - self._right(handle, start + before), index))
            before = index
        usual = median(gap for gap, _ in gaps) if gaps else 0.0
        least = _CELL_GAP * size if usual > _CELL_GAP * size else max(_CELL_GAP * size, 2 * usual)
        cuts = [0, *(index for gap, index in gaps if gap > least), len(characters)]
        return [characters[begin:end] for begin, end in pairwise(cuts)]

    def _on_a_grid(self, handle: Any, start: int, characters: list[int], visible: int) -> str | None:
        """A line of fixed width with its characters where they stand: the blanks inside code are seldom drawn."""
        places = [
            (self._origin(handle, start + index)[0], code)
            for index, code in enumerate(characters)
            if code > 32 and code != 0xA0
        ]
        width = self._right(handle, start + visible) - places[0][0]
        steps = [after[0] - before[0] for before, after in pairwise(places)]
        if width <= 0 or sum(steps) > _GRID_COLUMNS * width or any(step < 0.5 * width for step in steps):
            return None
        text, origin = "", places[0][0]
        for x, code in places:
            text = text.ljust(round((x - origin) / width)) + chr(code)
        return clean(text)

    def _baseline(self, handle: Any, indices: list[int], size: float) -> float:
        """Where the first of these characters stands that is no smaller than the line: others are raised or lowered."""
        index = next((index for index in indices if self._look(handle, index)[0] >= 0.85 * size), indices[0])
        return self._origin(handle, index)[1]

    def _origin(self, handle: Any, index: int) -> tuple[float, float]:
        self._raw.FPDFText_GetCharOrigin(handle, index, self._x, self._y)
        return self._x.value, self._y.value

    def _right(self, handle: Any, index: int) -> float:
        self._raw.FPDFText_GetLooseCharBox(handle, index, self._box)
        return float(self._box.right)

    def _look(self, handle: Any, index: int) -> tuple[float, bool, bool]:
        """``(height, of fixed width, bold)`` of one character."""
        self._raw.FPDFText_GetLooseCharBox(handle, index, self._box)
        height = abs(self._box.top - self._box.bottom)
        size = self._raw.FPDFText_GetFontInfo(handle, index, self._name, len(self._name), self._flags)
        name = self._name.raw[: max(min(size, len(self._name)) - 1, 0)].decode("latin-1")
        weight = self._raw.FPDFText_GetFontWeight(handle, index)
        mono = bool(_MONO.search(name)) or bool(self._flags.value & _FIXED_PITCH)
        return height, mono, bool(_BOLD.search(name)) or weight >= _BOLD_WEIGHT
