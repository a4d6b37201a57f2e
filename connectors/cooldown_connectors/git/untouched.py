"""Some files beside those that a commit changed: with them a task is to find out which to edit, not to edit what is shown.

SWE-RL (arXiv 2502.18449) adds relevant files that were not changed, since a model else learns to edit every file that it sees. Here
they are neighbours: files of the same kind in the folders of the changed ones, as they were at the parent, drawn by a hash.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from cooldown_connectors.git.blobs import read_blobs
from cooldown_connectors.git.changes import LFS_POINTER
from cooldown_connectors.git.content_text import content_text
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.objects import sizes
from cooldown_connectors.git.paths import path_bytes, path_text
from cooldown_kit.records import UntouchedFile

FILES: Final = 3
"""Neighbours of one commit."""
MAX_BYTES: Final = 32 << 10
"""A larger file is no neighbour: it would fill the prompt by itself."""
_CANDIDATES = FILES + 2
"""Some more than needed: one may be no text, though it ends like one."""
_FOLDERS = 2
_REGULAR = (b"100644", b"100755")


class _Candidate(NamedTuple):
    path: bytes
    blob: bytes


class Neighbours:
    """The neighbours of many commits. Trees are read first, then sizes, then contents, each by one process of git."""

    def __init__(
        self, git: Git, entries: Sequence[CommitEntry], taken: Callable[[str], bool], max_size: int
    ) -> None:
        self._chosen = _choose(git, entries, taken, min(MAX_BYTES, max_size))
        self._contents = read_blobs(git, [one.blob for chosen in self._chosen for one in chosen])
        self._next = iter(self._chosen)

    def take_next(self) -> list[UntouchedFile]:
        """The neighbours of the next entry, in the order of their paths; those that are no text are left out."""
        found = []
        for candidate in next(self._next):
            content = next(self._contents)
            text = None if content is None or content.startswith(LFS_POINTER) else content_text(content)
            if text is not None:
                path, blob = path_text(candidate.path), candidate.blob.decode("ascii")
                found.append(UntouchedFile(path=path, blob=blob, content=text))
        return sorted(found[:FILES], key=lambda file: path_bytes(file.path))


def _choose(
    git: Git, entries: Sequence[CommitEntry], taken: Callable[[str], bool], max_size: int
) -> list[list[_Candidate]]:
    """For each entry its candidates in the order of the draw, more than needed: some may be no text."""
    folders = [_folders(entry) for entry in entries]
    names = [
        entry.parents[0].encode() + b":" + folder
        for entry, some in zip(entries, folders, strict=True)
        for folder in some
    ]
    trees = read_blobs(git, names, b"tree")
    drawn = []
    for entry, some in zip(entries, folders, strict=True):
        candidates = [one for folder in some for one in _siblings(entry, folder, next(trees), taken)]
        candidates.sort(key=lambda one: _rank(entry, one))
        drawn.append(candidates[: 4 * FILES])
    known = sizes(git, (one.blob for some in drawn for one in some))
    return [[one for one in some if 0 < (known[one.blob] or 0) <= max_size][:_CANDIDATES] for some in drawn]


def _folders(entry: CommitEntry) -> list[bytes]:
    """The folders in which most was changed; names with a newline cannot be asked for."""
    if not entry.parents:
        return []
    counts = Counter(row.path.rpartition(b"/")[0] for row in entry.rows)
    ranked = sorted(counts, key=lambda folder: (-counts[folder], folder))
    return [folder for folder in ranked if b"\n" not in folder][:_FOLDERS]


def _siblings(
    entry: CommitEntry, folder: bytes, tree: bytes | None, taken: Callable[[str], bool]
) -> Iterator[_Candidate]:
    """Regular files of the tree that the commit leaves alone and that end like one that it changes there."""
    if tree is None:  # the commit made the folder, or a partial clone lacks it
        return
    touched = {path for row in entry.rows for path in (row.path, row.old_path)}
    endings = {_ending(row.path) for row in entry.rows if row.path.rpartition(b"/")[0] == folder}
    for mode, name, blob in _tree_entries(tree, len(entry.revision) // 2):
        path = folder + b"/" + name if folder else name
        if mode in _REGULAR and path not in touched and _ending(name) in endings and taken(path_text(path)):
            yield _Candidate(path, blob)


def _tree_entries(tree: bytes, id_bytes: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Mode, name and id of each entry of a tree object."""
    position = 0
    while position < len(tree):
        space, end = tree.index(b" ", position), tree.index(b"\0", position)
        yield (
            tree[position:space].rjust(6, b"0"),
            tree[space + 1 : end],
            tree[end + 1 : end + 1 + id_bytes].hex().encode(),
        )
        position = end + 1 + id_bytes


def _ending(path: bytes) -> bytes:
    name = path.rpartition(b"/")[2]
    return name.rpartition(b".")[2] if b"." in name[1:] else name


def _rank(entry: CommitEntry, candidate: _Candidate) -> bytes:
    return hashlib.blake2b(entry.revision.encode() + candidate.path, digest_size=8).digest()
