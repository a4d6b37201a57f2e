"""Which commit gave each file the content it has now, found while history passes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.raw_rows import RawRow


@dataclass(frozen=True)
class Change:
    """A commit and its committer time as git wrote it."""

    revision: str
    committed: bytes


class LastChange:
    """For each path, the newest commit whose change left it with the blob it has at the tip.

    That commit always exists: going back from the tip, some commit differs in this path from all its parents. A branch
    whose change a merge threw away does not count, for it left another blob. A merge counts only where no other
    commit made that content (a conflict resolved by hand). Give it entries newest first.
    """

    def __init__(self, blobs: Mapping[bytes, bytes], shallow: frozenset[str]) -> None:
        self._pending = dict(blobs)
        self._shallow = shallow
        self._found: dict[bytes, Change] = {}
        self._by_merge: dict[bytes, Change] = {}

    def see(self, entry: CommitEntry, row: RawRow) -> None:
        """Take note of one row of one commit."""
        if self._pending.get(row.path) != row.new_blob:
            return
        if entry.revision in self._shallow:  # its rows are the whole tree: who changed what lies below
            return
        change = Change(entry.revision, entry.committed)
        if len(entry.parents) > 1:
            self._by_merge.setdefault(row.path, change)
        else:
            self._found[row.path] = change
            del self._pending[row.path]

    @property
    def complete(self) -> bool:
        """Whether nothing more can be learnt."""
        return not self._pending

    def of(self, path: bytes) -> Change | None:
        """The last change; ``None`` where history does not say (it lies below a shallow clone's edge)."""
        return self._found.get(path) or self._by_merge.get(path)
