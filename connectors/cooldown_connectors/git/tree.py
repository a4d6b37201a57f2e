"""The tree at the revision: every path with mode, blob and size, without reading contents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cooldown_connectors.git.hardened import Git, GitFailed

MOST: Final = 1 << 20
"""Files of a tree. Some of the largest repositories have half as many; a handful of trees can name ten billion."""


class TreeEntry(NamedTuple):
    """``size`` in bytes; ``None`` for a submodule, -1 where the blob is not there (a partial clone)."""

    path: bytes
    mode: bytes
    blob: bytes
    size: int | None


def read_tree(git: Git, tip: str) -> Iterator[TreeEntry]:
    """All entries below the root, in the order of their paths' bytes. Raises ``GitFailed``, also where there are more than ``MOST``."""
    rest = b""
    count = 0
    with git.stream("ls-tree", "-r", "-z", "--long", "--full-tree", tip) as stream:
        while chunk := stream.read():
            *rows, rest = (rest + chunk).split(b"\0")
            count += len(rows)
            if count > MOST:
                raise GitFailed("ls-tree", None, f"fatal: the tree holds more than {MOST:,} files")
            yield from map(_entry, rows)
        stream.finish()


def _entry(row: bytes) -> TreeEntry:
    facts, _, path = row.partition(b"\t")
    mode, kind, blob, size = facts.split()
    if kind != b"blob":
        return TreeEntry(path, mode, blob, None)
    return TreeEntry(path, mode, blob, int(size) if size.isdigit() else -1)


def unread_by_size(entry: TreeEntry, max_size: int) -> str | None:
    """Why a file need not be read, by its size alone: ``missing``, ``empty``, ``too_large``; ``None`` if it must be."""
    assert entry.size is not None, "a submodule has no size"
    if entry.size < 0:
        return "missing"
    if entry.size == 0:
        return "empty"
    return "too_large" if entry.size > max_size else None
