"""Second pass over some thousand commits: their diffs, and what goes with them, written to files that are published whole.

A shard is the unit of work, a part of it the unit of resumption. It runs in this process or in a worker's, from plain data alone
(:class:`Job`, :class:`Shard`), and what it gives for a commit depends on that commit and the job only: how commits were shared out
leaves no trace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from cooldown_connectors.git.changes import Unparsed, change_without_patch, read_changes
from cooldown_connectors.git.diff_stream import DiffRequest, DiffText, read_diffs
from cooldown_connectors.git.frames import FrameWriter
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.history_store import EntryReader
from cooldown_connectors.git.left_out import LeftOut, rows_left_out, sizes_of_rows
from cooldown_connectors.git.path_filter import path_filter
from cooldown_connectors.git.paths import path_bytes
from cooldown_connectors.git.signals.lines import FileLines, file_lines, patch_id
from cooldown_kit.records import FileChange

DIFFS: Final = ".diffs"
LINES: Final = ".lines"
PART: Final = 500
"""Commits that are published at once."""


class Job(msgspec.Struct, frozen=True):
    """What is wanted of commits, and where git works: the same for all shards of a repository."""

    home: str
    directory: str
    entries: str
    """The history's entries on disk."""
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    max_file_size: int
    max_patch_size: int
    max_commit_size: int
    max_commit_seconds: float
    max_memory: int
    context_lines: int
    lines: bool

    @property
    def git(self) -> Git:
        return Git(Path(self.home), Path(self.directory), memory=self.max_memory)


class Shard(msgspec.Struct, frozen=True):
    """Places of commits in the entries, and the stem of the files to write."""

    places: list[tuple[int, int]]
    out: str


class Diffed(msgspec.Struct, frozen=True, array_like=True):
    """What the second pass found of one commit."""

    revision: str
    problem: str
    """Why there is nothing: ``too_large``, ``too_slow``, ``unreadable``, ``unparsed``, ``too_much_memory``; empty if there is."""
    detail: str
    changes: list[FileChange]
    patch_id: bytes
    """Eight bytes, equal for commits that make the same change."""
    size: int
    """Characters of patches."""


class Lined(msgspec.Struct, frozen=True, array_like=True):
    """The lines that one commit added and deleted, as hashes."""

    revision: str
    files: list[FileLines]


def run_shard(job: Job, shard: Shard) -> int:
    """Write the shard's files; returns the number of its commits. Raises ``GitFailed``.

    One git serves the whole shard. Every few hundred commits are a part, finished and published by itself: that is
    what a kill costs at most.
    """
    with EntryReader(Path(job.entries)) as reader:
        entries = [reader.read(*place) for place in shard.places]
    results = diff_entries(job, entries)
    for part, start in enumerate(range(0, len(entries), PART)):
        count = min(PART, len(entries) - start)
        _write_part(f"{shard.out}-{part}", job, islice(results, count))
    assert next(results, None) is None, "one result for each commit"
    return len(entries)


def _write_part(stem: str, job: Job, results: Iterator[Diffed]) -> None:
    # Left in reverse: the diffs' index, which says that the part is finished, is the last thing written.
    with FrameWriter(Path(stem + DIFFS)) as diffs, FrameWriter(Path(stem + LINES)) as lines:
        for diffed in results:
            result = msgspec.msgpack.encode(diffed)
            diffs.write(diffed.revision, result, mark=diffed.patch_id, size=diffed.size)
            if job.lines:
                lined = Lined(diffed.revision, file_lines(diffed.changes))
                lines.write(diffed.revision, msgspec.msgpack.encode(lined))


def diff_entries(job: Job, entries: list[CommitEntry]) -> Iterator[Diffed]:
    """One result for each entry, in order, against its first parent. Memory: one commit's.

    Raises ``GitFailed``.
    """
    git = job.git
    taken = path_filter(job.include, job.exclude)
    left_out = rows_left_out(entries, sizes_of_rows(git, entries), job.max_file_size)
    asked = [
        _request(entry, rows)
        for entry, rows in zip(entries, left_out, strict=True)
        if len(rows) < entry.row_count
    ]
    diffs = read_diffs(
        git,
        asked,
        context_lines=job.context_lines,
        max_size=job.max_commit_size,
        max_seconds=job.max_commit_seconds,
    )
    for entry, rows in zip(entries, left_out, strict=True):
        diff = next(diffs) if len(rows) < entry.row_count else DiffText(b"")
        yield _result(entry, diff, rows, job, taken)
    assert next(diffs, None) is None, "one diff for each request"


def _request(entry: CommitEntry, left_out: LeftOut) -> DiffRequest:
    without = [path for row, _ in left_out for path in (row.path, row.old_path) if path is not None]
    return DiffRequest(entry.revision, entry.parents[0] if entry.parents else None, tuple(without))


def _result(
    entry: CommitEntry,
    diff: DiffText,
    left_out: LeftOut,
    job: Job,
    taken: Callable[[str], bool],
) -> Diffed:
    if diff.text is None:
        return Diffed(entry.revision, diff.problem, diff.detail, [], b"", 0)
    try:
        changes = read_changes(diff.text, taken, job.max_patch_size)
    except Unparsed as error:
        return Diffed(entry.revision, "unparsed", str(error), [], b"", 0)
    if left_out:
        changes += [change_without_patch(row, reason) for row, reason in left_out]
        changes.sort(key=_git_order)
    size = sum(len(change.patch or "") for change in changes)
    return Diffed(entry.revision, "", "", changes, patch_id(changes), size)


def _git_order(change: FileChange) -> bytes:
    return path_bytes(change.path)
