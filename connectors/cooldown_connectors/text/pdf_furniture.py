"""What stands on every page of a PDF beside its text: running headers, footers, page numbers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from cooldown_connectors.text.pdf_lines import Line

_EDGE_LINES = 3
"""So many lines from the top and from the bottom of a page may be furniture."""
_REPEATS = 3
"""Pages on which the same must stand at the same height; on fewer it may be text."""
_NUMBER = re.compile(r"\d+")
_NUMBER_AT_AN_END = re.compile(r"(?:^\W{0,2}(\d{1,5})\b|\b(\d{1,5})\W{0,2}$)")
_ROMAN = re.compile(r"\W{0,2}[ivxlc]{1,7}\W{0,2}", re.I)
_HEIGHT = 3.0
"""Points: lines whose baselines differ by less stand at the same height."""


def without_furniture(pages: list[list[Line]]) -> list[list[Line]]:
    """The pages without what repeats at their edges.

    A line goes only where at least three pages have, at the same height, either the same words (numbers aside) or a number that
    counts the pages. What repeats in the middle of pages, or at changing heights, is text and stays.
    """
    edges = [_edges(page) for page in pages]
    same: Counter[tuple[int, str]] = Counter()
    counting: dict[tuple[int, int], set[int]] = defaultdict(set)
    for number, page in enumerate(edges):
        for key in {(height, _words(line)) for line in page for height in _heights(line)}:
            same[key] += 1
        for line in page:
            for offset in _offsets(line, number):
                for height in _heights(line):
                    counting[height, offset].add(number)

    def is_furniture(line: Line, number: int) -> bool:
        for height in _heights(line):
            if same[height, _words(line)] >= _REPEATS:
                return True
            if any(len(counting[height, offset]) >= _REPEATS for offset in _offsets(line, number)):
                return True
        return False

    kept = []
    for number, (page, edge) in enumerate(zip(pages, edges, strict=True)):
        gone = {id(line) for line in edge if is_furniture(line, number)}
        kept.append([line for line in page if id(line) not in gone])
    return kept


def _edges(page: list[Line]) -> list[Line]:
    """The lines at the top and at the bottom, whatever the order in which they were drawn."""
    heights = sorted({round(line.y) for line in page})
    edge = {*heights[:_EDGE_LINES], *heights[-_EDGE_LINES:]}
    return [line for line in page if round(line.y) in edge]


def _heights(line: Line) -> tuple[int, int]:
    """The two bands, overlapping by half, that the baseline lies in: two lines of nearly one height share one."""
    return 2 * int(line.y // _HEIGHT), 2 * int((line.y + _HEIGHT / 2) // _HEIGHT) + 1


def _words(line: Line) -> str:
    """The line with its numbers made alike; a lone Roman number is a number, too."""
    if _ROMAN.fullmatch(line.text):
        return "#"
    return " ".join(_NUMBER.sub("#", line.text).lower().split())


def _offsets(line: Line, page: int) -> list[int]:
    """Number at an end of the line, less the number of the page: constant where it counts pages."""
    return [int(match[1] or match[2]) - page for match in _NUMBER_AT_AN_END.finditer(line.text)]
