"""Hyphens at the end of lines: most divide a word, some belong to it. The document itself knows which."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from cooldown_connectors.text.pdf_lines import HYPHEN

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_DIVIDED = re.compile(rf"([^\W_]*)(?:-{HYPHEN}|{HYPHEN}) ?([^\W_]*)")
_LEFT = re.compile(r"([^\W\d_]+)[-\u2010]$")
_RIGHT = re.compile(r"[^\W\d_]+")


class Hyphens:
    """Joins divided words by how the document writes them elsewhere."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known: Counter[str] = Counter()
        for text in texts:
            self._known.update(word.lower() for word in _WORD.findall(text))

    def within(self, text: str) -> str:
        """The text with the words joined that PDFium has found to be divided."""
        return _DIVIDED.sub(lambda match: self._join(match[1], match[2]), text) if HYPHEN in text else text

    def between(self, text: str, following: str) -> str | None:
        """Two lines as one where the first ends with a hyphen inside of a word, ``None`` where it does not."""
        left, right = _LEFT.search(text), _RIGHT.match(following)
        if left is None or right is None:
            return None
        return text[: left.start()] + self._join(left[1], right[0]) + following[right.end() :]

    def _join(self, left: str, right: str) -> str:
        joined, hyphened = self._known[(left + right).lower()], self._known[f"{left}-{right}".lower()]
        if joined != hyphened:
            return left + right if joined > hyphened else f"{left}-{right}"
        divides = left.isalpha() and right[:1].islower() and len(left) > 1
        return left + right if divides else f"{left}-{right}"
