"""The part of a fingerprint that stands for the files at a place, without reading them."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from cooldown_connectors.text.walk import Found
from cooldown_kit.records import Skipped

LISTED_FILES: Final = 64
"""A fingerprint names this many files one by one; beyond, it holds one hash of all."""


class Listing:
    """Relative path, size and time of every file that is added; memory stays flat however many there are."""

    def __init__(self) -> None:
        self._files: dict[str, list[int | str]] = {}
        self._hasher = hashlib.blake2b(digest_size=16)
        self._count = self._size = 0

    def add(self, item: Found | Skipped) -> str:
        """A file, or what is passed over. Its name."""
        name, state = _state(item)
        self._size += item.size if isinstance(item, Found) else 0
        self._count += 1
        self._hasher.update(f"{name!r} {state}\n".encode())
        if self._count <= LISTED_FILES:
            self._files[name] = state
        return name

    def fingerprint(self) -> dict[str, Any]:
        """``count``, ``bytes``, and ``files`` or ``digest``."""
        few = self._count <= LISTED_FILES
        listing = {"files": self._files} if few else {"digest": self._hasher.hexdigest()}
        return {"count": self._count, "bytes": self._size, **listing}


def _state(item: Found | Skipped) -> tuple[str, list[int | str]]:
    """Name and what would change with the file's contents."""
    if isinstance(item, Found):
        return item.name, [item.size, item.mtime_ns]
    return item.what, [item.reason]
