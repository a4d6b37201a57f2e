"""What layouts want beyond a commit's diff: files as they were before, and some files beside them.

Git has them, so they are kept nowhere else: they are read when records are given away, for some thousand commits at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from cooldown_connectors.git.contents import Contents, contents_before
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.left_out import rows_left_out, sizes_of_rows
from cooldown_connectors.git.untouched import Neighbours
from cooldown_kit.connector import Wanted
from cooldown_kit.records import FileChange, UntouchedFile

Beside = tuple[Contents, list[UntouchedFile]]


def read_beside(
    git: Git,
    entries: Sequence[CommitEntry],
    wanted: frozenset[Wanted],
    taken: Callable[[str], bool],
    max_file_size: int,
) -> Iterator[Beside]:
    """For each entry the contents of its files before (by blob) and its neighbours, as far as wanted. Raises ``GitFailed``."""
    contents = neighbours = None
    if "before" in wanted:
        known = sizes_of_rows(git, entries)
        left_out = rows_left_out(entries, known, max_file_size)
        contents = contents_before(git, entries, left_out, taken, known)
    if "untouched" in wanted:
        neighbours = Neighbours(git, entries, taken, max_file_size)
    for _ in entries:
        before = next(contents) if contents is not None else {}
        yield before, neighbours.take_next() if neighbours is not None else []


def with_contents(changes: list[FileChange], contents: Contents) -> list[FileChange]:
    """The changes with what their files held: those that have a patch and are UTF-8. All of a deleted file is in its hunks."""
    if not contents:
        return changes
    return [
        change
        if change.patch is None or change.old_blob is None or change.status == "deleted"
        else msgspec.structs.replace(change, before=_text(contents.get(change.old_blob.encode())))
        for change in changes
    ]


def _text(content: bytes | None) -> str | None:
    """``None`` also for what is not UTF-8 in a part that the hunks do not show."""
    try:
        return None if content is None else content.decode("utf-8")
    except UnicodeDecodeError:
        return None
