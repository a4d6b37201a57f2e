"""Whole files at a commit: text of a bounded size. One long-lived git answers, trees and the last files are kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Self

from cooldown_connectors.git.content_text import content_text
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.object_reader import ObjectReader
from cooldown_connectors.git.paths import path_bytes
from cooldown_connectors.git.tree_lookup import TreeLookup

_REGULAR: Final = (b"100644", b"100755")
_KEPT_BYTES: Final = 8 << 20


class FileReader:
    """A context manager."""

    def __init__(self, git: Git, max_file_size: int) -> None:
        self._objects = ObjectReader(git)
        self._trees = TreeLookup(self._objects)
        self._max_file_size = max_file_size
        self._kept: OrderedDict[str, str | None] = OrderedDict()
        self._size = 0

    def text(self, commit: str | None, path: str | None) -> str | None:
        """The file; ``None`` where it is not there, no regular file, no UTF-8, binary or too large."""
        if commit is None or path is None:
            return None
        item = self._trees.item(commit, path_bytes(path))
        if item is None or item.mode not in _REGULAR:
            return None
        blob = item.id.decode("ascii")
        if blob in self._kept:
            self._kept.move_to_end(blob)
            return self._kept[blob]
        found = self._objects.read(blob, self._max_file_size)
        text = None if found is None or found.content is None else content_text(found.content)
        self._keep(blob, text)
        return text

    def _keep(self, blob: str, text: str | None) -> None:
        self._kept[blob] = text
        self._size += len(text or "")
        while self._size > _KEPT_BYTES and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1] or "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._objects.__exit__(*error)
