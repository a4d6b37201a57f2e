"""What changed between many pairs of commits: rows of all first, then the diffs of those that are not too large.

The same two steps as for commits, with one process of git for each step of a whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.git.beside import read_beside, with_contents
from cooldown_connectors.git.comparisons import Comparison, compare
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.path_filter import path_filter
from cooldown_connectors.git.shard import Job, diff_entries
from cooldown_kit.connector import Wanted
from cooldown_kit.records import FileChange, UntouchedFile

Pair = tuple[str, str]
"""Full ids of two commits that are there: before, after."""
MAX_PATCHES: Final = 4 << 20
"""Bytes of one comparison's diff, and"""
MAX_SECONDS: Final = 60.0
"""the time that git may take for it: as for commits."""
MAX_MEMORY: Final = 4 << 30


@dataclass(frozen=True)
class Changed:
    """The changes of one pair, or why they are left out: ``too_many_files``, ``too_large``, ``too_slow``, ``too_much_memory``,
    ``unreadable``, ``unparsed``."""

    changes: list[FileChange] = field(default_factory=list)
    left_out: str | None = None
    untouched: list[UntouchedFile] = field(default_factory=list)


def changes_between(
    git: Git, pairs: Sequence[Pair], options: ForgeOptions, wanted: frozenset[Wanted] = frozenset()
) -> Iterator[Changed]:
    """One :class:`Changed` for each pair, in order. Memory: the rows of all pairs, and one pair's patches. Raises ``GitFailed``."""
    if not pairs:
        return
    compared = list(compare(git, pairs, options.max_request_files))
    entries = [_entry(one) for one in compared if _readable(one, options)]
    diffs = diff_entries(job_for(git, options), entries)
    taken = path_filter(options.include, options.exclude)
    beside = read_beside(git, entries, wanted, taken, options.max_file_size)
    for one in compared:
        if one.problem:
            yield Changed(left_out="unreadable")
        elif one.row_count > options.max_request_files:
            yield Changed(left_out="too_many_files")
        elif not one.rows:
            yield Changed()
        else:
            diffed, (contents, untouched) = next(diffs), next(beside)
            if diffed.problem:
                yield Changed(left_out=diffed.problem)
            else:
                yield Changed(with_contents(diffed.changes, contents), None, untouched)


def job_for(git: Git, options: ForgeOptions) -> Job:
    """How diffs are read under these options, by a git that works in this folder."""
    assert git.directory is not None
    return Job(
        home=str(git.home),
        directory=str(git.directory),
        entries="",
        include=options.include,
        exclude=options.exclude,
        max_file_size=options.max_file_size,
        max_patch_size=options.max_patch_size,
        max_commit_size=MAX_PATCHES,
        max_commit_seconds=MAX_SECONDS,
        max_memory=MAX_MEMORY,
        context_lines=options.context_lines,
        lines=False,
    )


def _readable(one: Comparison, options: ForgeOptions) -> bool:
    return bool(one.rows) and not one.problem and one.row_count <= options.max_request_files


def _entry(one: Comparison) -> CommitEntry:
    """The pair as a commit whose only parent is the one before: that is what the second step reads."""
    nobody = (b"", b"")
    return CommitEntry(one.head, [one.base], nobody, b"", nobody, b"", b"", one.rows, one.row_count)
