"""Which preference pairs may be trained on: none of a request that is held out, and none whose review is not worth training on.

A pair has the id of the document of its thread, and shares what became of that document. Pairs of documents that nobody has seen (they
could not be rendered) follow the groups and the instant of the hold-out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cooldown_kit.curate.groups import Groups
from cooldown_kit.curate.holdout import Holdout
from cooldown_kit.documents import Document, Split
from cooldown_kit.preferences import Preference, PreferenceWriter, read_preferences

HELDOUT = "heldout"


class Fates:
    """What became of the documents of reviews: by id, and of the groups of what tells the same change."""

    def __init__(self, groups: Groups, heldout: set[int], rule: Holdout) -> None:
        self._groups = groups
        self._heldout = heldout
        self._rule = rule
        self._of: dict[str, str | None] = {}

    def add(self, document: Document, split: Split, reason: str | None) -> None:
        """Remember a document, where it is one of a review."""
        if document.kind == "review":
            self._of[document.id] = reason or (HELDOUT if split == "heldout" else None)

    def reason(self, pair: Preference) -> str | None:
        """Why a pair is not trained on: ``heldout``, or the reason why its document was dropped; ``None`` for one that is."""
        if pair.id in self._of:
            return self._of[pair.id]
        held = self._groups.of(pair.related) & self._heldout
        return HELDOUT if held or self._rule.holds_out("review", pair.id, pair.time) else None


def curate_preferences(inputs: Iterable[Path], fates: Fates, out: Path) -> dict[str, Any]:
    """Write the pairs that may be trained on; how many were read, kept and dropped by reason. The same pair is kept once."""
    dropped: Counter[str] = Counter()
    seen: set[bytes] = set()
    with PreferenceWriter(out) as writer:
        for path in inputs:
            for pair in read_preferences(path):
                reason = fates.reason(pair)
                content = _content(pair)
                if reason is None and content in seen:
                    reason = "exact_duplicate"
                if reason is None:
                    seen.add(content)
                    writer.write(pair)
                else:
                    dropped[reason] += 1
    return {
        "read": writer.count + sum(dropped.values()),
        "kept": writer.count,
        "dropped": dict(sorted(dropped.items())),
    }


def _content(pair: Preference) -> bytes:
    hasher = hashlib.blake2b(digest_size=16)
    for text in (pair.prompt, pair.chosen, pair.rejected):
        hasher.update(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())
    return hasher.digest()
