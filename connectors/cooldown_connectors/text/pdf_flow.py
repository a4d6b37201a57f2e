"""Lines of a PDF → Markdown: paragraphs joined again, headings by their size, code as it stood."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from cooldown_connectors.text.pdf_hyphens import Hyphens
from cooldown_connectors.text.pdf_lines import CELL, Line

_LARGER = 1.12
"""So many times the size of the body, in bold, makes a heading; …"""
_MUCH_LARGER = 1.3
"""… and so many without."""
_HEADING_LENGTH = 200
_BOLD_HEADING_LENGTH = 80
_HEADING_LEVELS = 5
_BULLET = re.compile(r"[•▪◦‣●○∙⁃·–*\x80-\x9f\ue000-\uf8ff-]\s+(?=\S)")
"""Fonts of symbols draw bullets from places that name no character."""
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,3}|[a-z])[.)]|\[\d{1,3}\])\s+(?=\S)")
_LABEL = re.compile(r"[\W_]|\W?(?:\d+|[A-Za-z])(?:\.\d+)*\W?\.?|\[\w{1,6}\]")
_LEADERS = re.compile(r"(?:\s*\.){5,}\s*|(?:\s*…){2,}\s*")
_NO_BLANK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uff60]{2}")
"""Chinese and Japanese, with their punctuation."""
_SENTENCE_END = re.compile(r"[.!?:;…。！？：；][\"'”’)\]]*$")
_GAPS = 8
"""From so few distances nobody can tell lines from paragraphs; then the smallest is that of lines, …"""
_WIDEST = 1.6
"""… and not more than so many times the height of a line."""
_LETTERS = re.compile(r"[^\W\d_]{2}")


@dataclass
class _Block:
    """Lines that belong together."""

    kind: str
    """``paragraph``, ``item``, ``heading``, ``code`` or ``row`` (of a table)."""
    lines: list[Line] = field(default_factory=list)
    page: int = 0


def to_markdown(pages: list[list[Line]]) -> tuple[str | None, str]:
    """``(title, text)``. Lines come in reading order, page by page, without what repeats on every page."""
    flow = _Flow(pages)
    blocks = list(flow.blocks(pages))
    return flow.title(blocks), flow.joined(blocks)


class _Flow:
    """Knows how the document is set: the size of its body, its distance of lines, its sizes of headings, its words."""

    def __init__(self, pages: list[list[Line]]) -> None:
        lines = [line for page in pages for line in page]
        mono = sum(len(line.text) for line in lines if line.mono)
        self._all_mono = 2 * mono > sum(len(line.text) for line in lines)
        self._body = _weighted_size([line for line in lines if not line.mono] or lines)
        self._leading = _leading(pages, self._body)
        self._hyphens = Hyphens(line.text for line in lines)
        sizes = Counter(self._band(line.size) for line in lines if self._is_larger(line))
        self._levels = {size: level for level, size in enumerate(sorted(sizes, reverse=True), 1)}

    def blocks(self, pages: list[list[Line]]) -> Iterator[_Block]:
        """The blocks of all pages in order. None goes over the end of a page; :meth:`joined` sees to that."""
        for number, page in enumerate(pages):
            block: _Block | None = None
            for line in page:
                if block is None or not self._goes_on(block, line):
                    if block is not None:
                        yield block
                    block = _Block(self._kind(line), page=number)
                block.lines.append(line)
            if block is not None:
                yield block

    def joined(self, blocks: list[_Block]) -> str:
        """The text of all blocks; a sentence that a page or a column interrupts is made whole, items of a list stay together."""
        shown: list[str] = []
        before: _Block | None = None
        for block in blocks:
            text = self._shown(block)
            whole = self._made_whole(before, block, shown[-1], text) if before else None
            if whole is not None:
                shown[-1] = whole
            else:
                in_list = before is not None and before.kind == block.kind == "item"
                shown += ["", text] if shown and not in_list else [text]
            before = block
        return "\n".join(shown)

    def title(self, blocks: list[_Block]) -> str | None:
        """The largest heading of the first page that has one."""
        headings = [block for block in blocks if block.kind == "heading"]
        first = [block for block in headings if block.page == headings[0].page]
        return self.text(max(first, key=lambda block: block.lines[0].size)) if first else None

    def text(self, block: _Block) -> str:
        """The lines of a block as one, hyphens at their ends resolved."""
        text = ""
        for line in block.lines:
            following = self._hyphens.within(line.text)
            whole = self._hyphens.between(text, following) if text else following
            text = whole if whole is not None else _one_after_the_other(text, following)
        return " ".join(_LEADERS.sub(" … ", text).split())

    def _shown(self, block: _Block) -> str:
        if block.kind == "code":
            return _code(block.lines, self._leading)
        if block.kind == "row" and len(block.lines) > 1:
            return _table([_cells(self._hyphens.within(line.text)) for line in block.lines])
        text = self.text(block)
        if block.kind == "heading":
            return f"{'#' * self._level(block.lines[0])} {text}"
        if block.kind == "item":
            return f"- {_BULLET.sub('', text, count=1)}" if _BULLET.match(text) else text
        return text

    def _made_whole(self, before: _Block, block: _Block, held: str, text: str) -> str | None:
        """Two blocks as one where the second goes on with the sentence of the first after a page or a column."""
        if block.kind != "paragraph" or before.kind not in ("paragraph", "item"):
            return None
        last, first = before.lines[-1], block.lines[0]
        interrupted = before.page != block.page or first.y > last.y_last
        if not interrupted or not _similar(last.size, first.size):
            return None
        divided = self._hyphens.between(held, text)
        if divided is not None:
            return divided
        if _SENTENCE_END.search(held) or not (text[:1].islower() or _NO_BLANK.search(held[-1:] + text[:1])):
            return None
        return _one_after_the_other(held, text)

    def _kind(self, line: Line) -> str:
        if line.mono and not self._all_mono:
            return "code"
        if len(_cells(line.text)) > 1:
            return "row"
        if self._is_larger(line) or (
            line.bold
            and len(line.text) <= _BOLD_HEADING_LENGTH
            and _LETTERS.search(line.text)
            and not line.text.endswith((".", ",", ";", ":"))
        ):
            return "heading"
        if _BULLET.match(line.text) or _NUMBERED.match(line.text):
            return "item"
        return "paragraph"

    def _is_larger(self, line: Line) -> bool:
        """Whether a line is set like a heading. Code and lone numbers never are."""
        if len(line.text) > _HEADING_LENGTH or not _LETTERS.search(line.text):
            return False
        times = line.size / self._body if self._body else 1.0
        return times >= _MUCH_LARGER or (line.bold and times >= _LARGER)

    def _level(self, line: Line) -> int:
        lowest = len(self._levels) + 1
        return min(self._levels.get(self._band(line.size), lowest), _HEADING_LEVELS)

    def _band(self, size: float) -> int:
        """Sizes that differ by less than some 6% are one; the boxes of fonts differ that much at one size."""
        return round(size / self._body / 0.12) if self._body else 0

    def _goes_on(self, block: _Block, line: Line) -> bool:
        """Whether a line belongs to the block before it."""
        last = block.lines[-1]
        kind = self._kind(line)
        gap = last.y_last - line.y
        if block.kind == "code":
            return kind == "code" and 0 < gap <= 2.5 * self._leading
        if block.kind == "row":
            return kind == "row" and 0 < gap <= 2.5 * self._leading
        if block.kind == "heading":
            return kind == "heading" and _similar(last.size, line.size) and 0 < gap <= 1.6 * line.size and (
                last.bold == line.bold
            )  # fmt: skip
        if kind != "paragraph" and not (kind == "code" and _is_in_sentence(last, line)):
            return False
        if not 0 < gap <= 1.3 * self._leading * max(1.0, line.size / (self._body or 1)):
            return False
        if not _similar(last.size, line.size) and not _is_in_sentence(last, line):
            return False
        first = block.lines[0]
        step = 0.8 * line.size
        if len(block.lines) == 1:
            if block.kind == "paragraph" and line.x0 > first.x0 + step:
                return False  # a first line that stands further left is a term, and this its text
        elif abs(line.x0 - last.x0) > step:
            return False
        return not self._had_room(block, line)

    def _had_room(self, block: _Block, line: Line) -> bool:
        """Whether the first word of a line would have fitted at the end of the one before: then somebody broke it there."""
        last = block.lines[-1]
        right = max(max(other.x1 for other in block.lines), line.x1)
        width = (line.x1 - line.x0) / max(len(line.text), 1)
        word = len(line.text.split(maxsplit=1)[0]) if line.text else 0
        return last.x1 + (word + 3) * width < right and bool(_SENTENCE_END.search(last.text))


def _one_after_the_other(text: str, following: str) -> str:
    """Two lines as one; scripts that set no blanks between words get none."""
    return f"{text}{following}" if _NO_BLANK.search(text[-1:] + following[:1]) else f"{text} {following}"


def _is_in_sentence(last: Line, line: Line) -> bool:
    """Whether a line in another font goes on with a sentence that is not at its end."""
    return not _SENTENCE_END.search(last.text) and abs(last.x0 - line.x0) < 2 * line.size


def _similar(one: float, other: float) -> bool:
    return abs(one - other) <= 0.12 * max(one, other)


def _weighted_size(lines: list[Line]) -> float:
    """The size that most characters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return max(sizes, key=lambda size: (sizes[size], -size)) if sizes else 0.0


def _leading(pages: list[list[Line]], body: float) -> float:
    """The usual distance of two baselines in the body."""
    gaps = [
        last.y_last - line.y
        for page in pages
        for last, line in pairwise(page)
        if _similar(last.size, body) and _similar(line.size, body) and 0 < last.y_last - line.y < 3 * body
    ]
    if len(gaps) < _GAPS:
        return min([*gaps, _WIDEST * body])
    # Not the median: in a list or an index most gaps are those of paragraphs.
    return sorted(gaps)[len(gaps) // 4]


def _cells(text: str) -> list[str]:
    """The cells of a line; the number of a heading and the bullet of an item are none of their own."""
    first, *others = text.split(CELL)
    if others and _LABEL.fullmatch(first):
        return [f"{first} {others[0]}", *others[1:]]
    return [first, *others]


def _table(rows: list[list[str]]) -> str:
    """A table where all rows have as many cells as the first, which is the head; else lines of cells."""
    shown = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    if len({len(row) for row in rows}) > 1:
        return "\n".join(shown)
    rule = " | ".join(["---"] * len(rows[0]))
    return "\n".join(f"| {line} |" for line in (shown[0], rule, *shown[1:]))


def _code(lines: list[Line], leading: float) -> str:
    """A fenced block; indentation from where the lines begin, an empty line where there is a gap."""
    widths = [(line.x1 - line.x0) / len(line.text) for line in lines if len(line.text) > 1]
    width = median(widths) if widths else 0.0
    left = min(line.x0 for line in lines)
    shown, last = [], None
    for line in lines:
        if last is not None and last.y_last - line.y > 1.6 * leading:
            shown.append("")
        indent = min(round((line.x0 - left) / width), 100) if width > 0 else 0
        shown.append(" " * indent + line.text.rstrip())
        last = line
    fence = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0))
    return "\n".join([fence, *shown, fence])
