"""How much an author had done in a repository, and where a change is made, before making it."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from xxhash import xxh3_64_intdigest

from cooldown_connectors.git.raw_rows import RawRow

_FOLDERS: Final = 1000
"""Folders of one commit that are looked at: a commit over more is no sign of knowing them."""
_PAIR: Final = 0x9E37_79B9_7F4A_7C15
"""Odd, so that folder and author are mixed differently (the golden ratio, as in Fibonacci hashing)."""
_WORD: Final = 0xFFFF_FFFF_FFFF_FFFF


class StandingBefore(NamedTuple):
    """Commits before this one: of its author, of its author in the folder of most of its files, of anybody there."""

    author: int
    author_here: int
    anybody_here: int


class Standing:
    """Counts, commit by commit in canonical order. Addresses are kept as 64-bit hashes under a random seed that nobody ever sees.

    Each commit costs the same, however long the history. Memory: some 100 bytes for each author, each folder, and each author in
    a folder there ever was.
    """

    def __init__(self) -> None:
        self._seed = secrets.randbits(64)
        self._by_author: dict[int, int] = {}
        self._by_folder: dict[int, int] = {}
        self._by_both: dict[int, int] = {}

    def add(self, email: bytes, rows: Iterable[RawRow], *, merge: bool = False) -> StandingBefore:
        """Counts before this commit, which then counts itself.

        A merge counts as a commit of its author, but not in the folders: what it brings in was changed by others.
        An address in upper or lower case is the same; one person with two addresses is two authors. A folder is the one a file lies
        in, not those above it; a rename changes both. Of several folders the one with most files is asked about, the first by
        name where two have as many.
        """
        author = xxh3_64_intdigest(email.strip().lower(), seed=self._seed)
        folders = _folders(rows)
        keys = {name: xxh3_64_intdigest(name, seed=self._seed) for name in folders}
        commits = self._by_author.get(author, 0)
        self._by_author[author] = commits + 1
        here = min(folders, key=lambda name: (-folders[name], name)) if folders else None
        before = StandingBefore(
            commits,
            0 if here is None else self._by_both.get(_both(author, keys[here]), 0),
            0 if here is None else self._by_folder.get(keys[here], 0),
        )
        for key in () if merge else keys.values():
            both = _both(author, key)
            self._by_folder[key] = self._by_folder.get(key, 0) + 1
            self._by_both[both] = self._by_both.get(both, 0) + 1
        return before


def _both(author: int, folder: int) -> int:
    return author ^ (folder * _PAIR & _WORD)


def _folders(rows: Iterable[RawRow]) -> dict[bytes, int]:
    """Folder → files changed in it; of very many the first that come."""
    counts: Counter[bytes] = Counter()
    for row in rows:
        counts[row.path.rpartition(b"/")[0]] += 1
        if row.old_path is not None:
            counts[row.old_path.rpartition(b"/")[0]] += 1
        if len(counts) >= _FOLDERS:
            break
    return counts
