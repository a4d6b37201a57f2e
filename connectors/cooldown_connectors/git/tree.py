"""The tree at the revision: every path with mode, blob and size, without reading contents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cooldown_connectors.git.hardened import Git


class TreeEntry(NamedTuple):
    """``size`` in bytes; ``None`` for a submodule, -1 where the blob is not there (a partial clone)."""

    path: bytes
    mode: bytes
    blob: bytes
    size: int | None


def read_tree(git: Git, tip: str) -> Iterator[TreeEntry]:
    """All entries below the root, in the order of their paths' bytes. Raises ``GitFailed``."""
    rest = b""
    with git.stream("ls-tree", "-r", "-z", "--long", "--full-tree", tip) as stream:
        while chunk := stream.read():
            *rows, rest = (rest + chunk).split(b"\0")
            yield from map(_entry, rows)
        stream.finish()


def _entry(row: bytes) -> TreeEntry:
    facts, _, path = row.partition(b"\t")
    mode, kind, blob, size = facts.split()
    if kind != b"blob":
        return TreeEntry(path, mode, blob, None)
    return TreeEntry(path, mode, blob, int(size) if size.isdigit() else -1)
