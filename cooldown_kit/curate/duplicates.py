"""Exact duplicates: documents whose content, headers aside, is the same. Held-out ones always win over training ones."""

from __future__ import annotations

from collections.abc import Container

from cooldown_kit.documents import Split


class Duplicates:
    """Says of each document in turn whether it repeats one that was kept.

    ``heldout`` are the content hashes of all held-out documents, known beforehand: what equals one of them never reaches
    training, wherever it stands in the order.
    """

    def __init__(self, heldout: Container[str], *, keep_in_train: bool) -> None:
        self._heldout = heldout
        self._keep_in_train = keep_in_train
        self._seen: set[tuple[Split, str]] = set()

    def reason(self, content_hash: str, split: Split) -> str | None:
        """``duplicate_of_heldout``, ``exact_duplicate`` (of an earlier document of the same split) or ``None``.

        ``keep_in_train`` keeps repeats within training; within the held-out documents there are none in any case, since a
        repeat would count twice as evidence."""
        if split == "train" and content_hash in self._heldout:
            return "duplicate_of_heldout"
        if split == "train" and self._keep_in_train:
            return None
        key = (split, content_hash)
        if key in self._seen:
            return "exact_duplicate"
        self._seen.add(key)
        return None
