"""Which commits are taken, decided from the first pass alone: no diff is made for one that is not."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xxhash

from cooldown_connectors.git.history import MESSAGE_KEPT, CommitEntry
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.raw_rows import RawRow
from cooldown_connectors.git.times import utc_time

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Rejection:
    """Why a commit is not taken: a word that is counted, and a detail for who looks closer."""

    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Selection:
    """What the first pass decides. Numbers are those of the graph, ascending."""

    taken: Numbers
    merges: npt.NDArray[np.bool_]
    """Which of them are merges: what they bring in was made by others, and is repeated by nature."""
    repeats: dict[int, int]
    """Commit → the earlier one that makes the same change: the same blobs become the same blobs at the same paths."""
    newest_outside: int | None
    """The newest commit, where all of them lie outside of the window."""


def select(
    entries: Iterable[tuple[int, CommitEntry]],
    options: GitOptions,
    shallow: frozenset[str],
    taken: Callable[[str], bool],
) -> Selection:
    """Decide for each commit, given in ascending order. Memory: 13 bytes a commit that is taken."""
    columns = _Columns()
    inside, last = False, None
    for number, entry in entries:
        why = rejection(entry, options, shallow, taken)
        last = number
        inside = inside or why is None or why.reason != "outside_window"
        if why is None:
            columns.add(number, change_key(entry), len(entry.parents) > 1)
    numbers, keys, merges = columns.arrays()
    repeated = {} if options.repeated_changes else repeats(numbers[~merges], keys[~merges])
    kept = ~np.isin(numbers, list(repeated))
    return Selection(numbers[kept], merges[kept], repeated, None if inside else last)


class _Columns:
    """Grows three columns in arrays."""

    def __init__(self) -> None:
        self._numbers, self._keys, self._merges = array("i"), array("Q"), array("b")

    def add(self, number: int, key: int, merge: bool) -> None:
        self._numbers.append(number)
        self._keys.append(key)
        self._merges.append(merge)

    def arrays(self) -> tuple[Numbers, npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
        return (
            np.array(self._numbers, np.int32),
            np.array(self._keys, np.uint64),
            np.array(self._merges, np.bool_),
        )


def repeats(numbers: Numbers, keys: npt.NDArray[np.generic]) -> dict[int, int]:
    """Number → the first number that has the same key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(keys) else np.empty(0, np.bool_)
    first = order[np.maximum.accumulate(np.where(starts, np.arange(len(order)), 0))] if len(keys) else order
    later = ~starts
    return dict(zip(numbers[order[later]].tolist(), numbers[first[later]].tolist(), strict=True))


def change_key(entry: CommitEntry) -> int:
    """64 bits that two commits share if they make the same blobs of the same blobs at the same paths."""
    rows = sorted(
        (row.path, row.old_path or b"", row.old_blob, row.new_blob, row.new_mode) for row in entry.rows
    )
    return xxhash.xxh3_64_intdigest(b"\0".join(part for row in rows for part in row))


def rejection(
    entry: CommitEntry, options: GitOptions, shallow: frozenset[str], taken: Callable[[str], bool]
) -> Rejection | None:
    """Why ``entry`` is not taken; ``None`` if it is. Reasons are tried from the general to the particular."""
    committed, authored = utc_time(entry.committed), utc_time(entry.authored)
    if committed is None or authored is None:
        return Rejection("bad_date", "the commit has no time that a calendar knows")
    if not options.earliest <= committed.timestamp() <= options.latest:
        return Rejection("outside_window", committed.isoformat())
    if entry.revision in shallow:
        return Rejection("shallow_boundary", "its parents are not in this shallow clone")
    if len(entry.parents) > 1 and not options.merges:
        return Rejection("merge")
    if entry.row_count == 0:
        return Rejection("no_changes")
    if entry.row_count > options.max_commit_files:
        return Rejection("too_many_files", f"{entry.row_count} files")
    if not any(_row_taken(row, taken) for row in entry.rows):
        return Rejection("excluded")
    if len(entry.message) > min(options.max_commit_size, MESSAGE_KEPT):
        return Rejection("too_large", "message")
    return None


def _row_taken(row: RawRow, taken: Callable[[str], bool]) -> bool:
    return taken(path_text(row.path)) or (row.old_path is not None and taken(path_text(row.old_path)))
