"""Which rows of commits must not be read, decided by sizes before anything is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.objects import sizes
from cooldown_connectors.git.raw_rows import RawRow

Sizes = Mapping[bytes, int | None]
"""Blob → size in bytes, ``None`` where it is not there."""
LeftOut = Sequence[tuple[RawRow, str]]
"""Rows whose blobs must not be read, with the reason."""


def sizes_of_rows(git: Git, entries: Sequence[CommitEntry]) -> Sizes:
    """The sizes of all blobs that the rows of these commits name. No content is read."""
    return sizes(git, (blob for entry in entries for row in entry.rows for blob in row.blobs))


def rows_left_out(entries: Sequence[CommitEntry], known: Sizes, max_size: int) -> list[LeftOut]:
    """For each commit the rows with a blob that is too large or missing: git is never asked for those."""
    bad = {
        blob: "missing" if size is None else "too_large"
        for blob, size in known.items()
        if size is None or size > max_size
    }
    if not bad:
        return [[] for _ in entries]
    return [
        [(row, bad[blob]) for row in entry.rows if (blob := _first(row, bad)) is not None]
        for entry in entries
    ]


def _first(row: RawRow, bad: Mapping[bytes, str]) -> bytes | None:
    return next((blob for blob in row.blobs if blob in bad), None)
