"""The lines of every text file at the revision, as hashes: what is among them still stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cooldown_connectors.git.blobs import read_blobs
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.raw_rows import GITLINK, SYMLINK
from cooldown_connectors.git.signals.lines import text_lines
from cooldown_connectors.git.tree import read_tree

MAX_BYTES: Final = 64 << 20
"""A larger file is not read: no patch of one is."""


def standing_lines(git: Git, tip: str) -> Iterator[tuple[str, bytes]]:
    """Path and hashes of each text file. Memory: the list of files, and one file. Raises ``GitFailed``."""
    entries = [
        entry
        for entry in read_tree(git, tip)
        if entry.mode not in (GITLINK, SYMLINK) and 0 < (entry.size or 0) <= MAX_BYTES
    ]
    for entry, content in zip(entries, read_blobs(git, [entry.blob for entry in entries]), strict=True):
        if content is not None and b"\0" not in content[:8000]:
            yield path_text(entry.path), text_lines(content)
