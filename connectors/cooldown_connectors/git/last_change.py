"""Which commit last changed each file: the one that ``git log -1 TIP -- PATH`` names.

Git goes back from the tip and, at a merge, on to the first parent that has the file as it is ("history simplification" in
git-log(1)), so that a branch whose change was thrown away does not count. Here all files go back together: each commit holds the
set of paths that are still followed there, and sets are moved on to parents, not copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cooldown_connectors.git.graph import Graph
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.object_reader import ObjectReader
from cooldown_connectors.git.tree_lookup import TreeItem, TreeLookup

Files = Mapping[bytes, TreeItem]
"""Path → mode and blob at the tip."""


@dataclass(frozen=True)
class Change:
    """A commit and its committer time as git wrote it."""

    revision: str
    committed: bytes


@dataclass(frozen=True)
class LastChanges:
    """The last change of each file that history could say."""

    found: Mapping[bytes, Change]

    def of(self, path: bytes) -> Change | None:
        """The last change; ``None`` where history does not say (it lies below a shallow clone's edge)."""
        return self.found.get(path)


def last_changes(
    git: Git,
    graph: Graph,
    tip: int,
    files: Files,
    entries: Iterable[tuple[int, CommitEntry]],
    shallow: frozenset[str],
) -> LastChanges:
    """The last change of each of ``files``. ``entries`` are those of all commits that ``tip`` reaches, the highest number first,
    with rows against the first parent; no more of them are read than needed. Raises ``GitFailed``.
    """
    found: dict[bytes, Change] = {}
    followed: dict[int, set[bytes]] = {}
    _follow(followed, tip, set(files))
    with ObjectReader(git) as objects:
        trees = TreeLookup(objects)
        for number, entry in entries if files else ():
            paths = followed.pop(number, None)
            parents = graph.parents(number)
            if paths is None:
                continue
            if entry.revision in shallow or len(parents) != len(entry.parents):
                continue  # at the edge of a shallow clone: who changed what lies below
            change = Change(entry.revision, entry.committed)
            for path in _changed(trees, entry, paths, files):
                paths.discard(path)
                for parent in parents[1:]:
                    if trees.item(graph.revision(parent), path) == files[path]:
                        _follow(followed, parent, {path})
                        break
                else:
                    found[path] = change
            if parents:
                _follow(followed, parents[0], paths)
            if not followed:
                break
    return LastChanges(found)


def _follow(followed: dict[int, set[bytes]], number: int, paths: set[bytes]) -> None:
    """Hand paths on to a commit; the smaller set goes into the larger."""
    there = followed.get(number)
    if there is not None:
        paths, less = (paths, there) if len(paths) > len(there) else (there, paths)
        paths |= less
    if paths:
        followed[number] = paths


def _changed(trees: TreeLookup, entry: CommitEntry, paths: set[bytes], files: Files) -> list[bytes]:
    """Those of ``paths`` in which the commit differs from its first parent. In the commit they are as in ``files``."""
    if entry.row_count == len(entry.rows):
        return [row.path for row in entry.rows if row.path in paths]
    # The history does not keep every row of so large a commit.
    if not entry.parents:
        return list(paths)
    before = entry.parents[0]
    return [path for path in sorted(paths) if trees.item(before, path) != files[path]]
