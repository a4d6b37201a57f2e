"""Reverts without words: a commit that puts back exactly the blobs that an earlier one replaced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

from cooldown_connectors.git.raw_rows import RawRow

_WORD = 0xFFFF_FFFF_FFFF_FFFF


class ChangeHash(NamedTuple):
    """8 bytes for what a commit does, and for what would undo it: equal to the ``does`` of exactly that commit."""

    does: int
    undoes: int


def change_hash(rows: Iterable[RawRow]) -> ChangeHash:
    """Hashes of a commit's rows, all of them, in whatever order. Zero both where there are none.

    A rename counts as a file deleted and one added, as its way back does. Blobs are compared by id, so nothing is read; a change that
    was undone only in part, or in a file that changed in between, is another change.
    """
    does = undoes = 0
    for row in rows:
        sides = ((row.old_mode, row.old_blob), (row.new_mode, row.new_blob))
        if row.old_path is None:
            parts = [(row.path, *sides)]
        else:
            gone = (b"000000", b"0" * len(row.old_blob))
            parts = [(row.path, gone, sides[1])]
            if row.status == b"R":
                parts.append((row.old_path, sides[0], gone))
        for path, old, new in parts:
            does += _hash(path, old, new)
            undoes += _hash(path, new, old)
    return ChangeHash(does & _WORD, undoes & _WORD)


def _hash(path: bytes, old: tuple[bytes, bytes], new: tuple[bytes, bytes]) -> int:
    return xxh3_64_intdigest(b"\0".join((path, *old, *new)))
