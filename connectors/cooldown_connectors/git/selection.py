"""Which commits are taken, decided from the first pass alone: no diff is made for one that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.raw_rows import RawRow
from cooldown_connectors.git.times import utc_time


@dataclass(frozen=True)
class Rejection:
    """Why a commit is not taken: a word that is counted, and a detail for who looks closer."""

    reason: str
    detail: str = ""


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
    if len(entry.message) > options.max_commit_size:
        return Rejection("too_large", "message")
    return None


def _row_taken(row: RawRow, taken: Callable[[str], bool]) -> bool:
    return taken(path_text(row.path)) or (row.old_path is not None and taken(path_text(row.old_path)))
