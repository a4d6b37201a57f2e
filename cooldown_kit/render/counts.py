"""What the render stage counts: nothing is lost or laid out otherwise without a number that says so."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from cooldown_kit.documents import Document
from cooldown_kit.records import Commit, PullRequest, Record
from cooldown_kit.render.dispatch import Fallback
from cooldown_kit.render.origin import NotRendered

_PROSE = frozenset({"text", "issue", "discussion", "thread"})
"""Kinds of documents that have no programming language."""


class Counts:
    """The counters of one source."""

    def __init__(self) -> None:
        self.records = 0
        self._all: Counter[str] = Counter()
        self._by: dict[str, dict[str, Counter[str]]] = {
            "take": defaultdict(Counter),
            "kind": defaultdict(Counter),
            "layout": defaultdict(Counter),
        }
        self._languages: Counter[str] = Counter()
        self._not_rendered: Counter[str] = Counter()
        self._fallbacks: dict[str, Counter[str]] = defaultdict(Counter)
        self._patches_left_out: Counter[str] = Counter()
        self._pairs = 0
        self._not_paired: Counter[str] = Counter()

    def rendered(self, record: Record, document: Document | NotRendered, fallback: Fallback | None) -> None:
        """One record and what was made of it by itself."""
        if isinstance(document, NotRendered):
            self._not_rendered[document.reason] += 1
            return
        self.written(document)
        if fallback:
            self.fell_back(fallback)
        if isinstance(record, Commit | PullRequest):
            self._patches_left_out.update(
                change.left_out or "empty" for change in record.changes if change.patch is None
            )

    def fell_back(self, fallback: Fallback) -> None:
        """A document got another layout than the one that the shares gave it."""
        self._fallbacks[fallback.layout][fallback.reason] += 1

    def paired(self, reason: str | None) -> None:
        """A review that gave a preference pair, or why it gave none."""
        if reason is None:
            self._pairs += 1
        else:
            self._not_paired[reason] += 1

    def written(self, document: Document) -> None:
        """One document, of whatever it was made."""
        size = {"documents": 1, "characters": len(document.text)}
        self._all.update(size)
        self._by["take"][document.take].update(size)
        self._by["kind"][document.kind].update(size)
        self._by["layout"][f"{document.kind}.{document.layout}"].update(size)
        if document.kind not in _PROSE:
            self._languages[document.language or "unknown"] += 1

    def summary(self, packing: Mapping[str, int]) -> dict[str, Any]:
        """All counters, sorted, as the manifest has them; ``packing`` are those of the repository packs."""
        by = {
            f"by_{what}": {name: dict(sizes) for name, sizes in sorted(groups.items())}
            for what, groups in self._by.items()
        }
        return {
            "records": self.records,
            "documents": self._all["documents"],
            "characters": self._all["characters"],
            **by,
            "by_language": dict(sorted(self._languages.items(), key=lambda item: (-item[1], item[0]))),
            "fallbacks": {name: dict(sorted(why.items())) for name, why in sorted(self._fallbacks.items())},
            "not_rendered": dict(sorted(self._not_rendered.items())),
            "patches_left_out": dict(sorted(self._patches_left_out.items())),
            "preferences": {"pairs": self._pairs, "not_paired": dict(sorted(self._not_paired.items()))},
            "packing": dict(sorted(packing.items())),
        }
