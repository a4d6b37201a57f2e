"""How much an author had done in a repository, and in the folders of a change, before making it."""

from __future__ import annotations

import hashlib
import secrets
from array import array
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from cooldown_connectors.git.raw_rows import RawRow

Numbers = npt.NDArray[np.int32]

_FOLDERS: Final = 1000
"""Folders of one commit that are looked at: a commit over more is no sign of knowing them."""


class StandingBefore(NamedTuple):
    """Commits before this one: of its author, of its author in the folders that it changes, of anybody there."""

    author: int
    author_here: int
    anybody_here: int


class Standing:
    """Counts, commit by commit in canonical order. Addresses are kept as hashes under a random key that nobody ever sees.

    Memory: 4 bytes a commit and 4 for each folder that it changes, and some 150 for each author and each folder there ever was.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._by_author: dict[bytes, array[int]] = {}
        self._by_folder: dict[bytes, array[int]] = {}

    def add(
        self, number: int, email: bytes, rows: Iterable[RawRow], *, merge: bool = False
    ) -> StandingBefore:
        """Counts before this commit, which then counts itself. Numbers must grow.

        A merge counts as a commit of its author, but not in the folders: what it brings in was changed by others.
        An address in upper or lower case is the same; one person with two addresses is two authors. A folder is the one a file lies
        in, not those above it; a rename changes both.
        """
        author = hashlib.blake2b(email.strip().lower(), digest_size=8, key=self._key).digest()
        commits = self._by_author.setdefault(author, array("i"))
        folders = [self._by_folder.setdefault(name, array("i")) for name in _folders(rows)]
        before = _before(commits, [folder for folder in folders if folder])
        commits.append(number)
        for folder in () if merge else folders:
            folder.append(number)
        return before


def _folders(rows: Iterable[RawRow]) -> list[bytes]:
    paths = (path for row in rows for path in (row.path, row.old_path) if path is not None)
    return list(dict.fromkeys(path.rpartition(b"/")[0] for path in paths))[:_FOLDERS]


def _before(author: array[int], folders: list[array[int]]) -> StandingBefore:
    if not folders:
        return StandingBefore(len(author), 0, 0)
    if len(folders) == 1:
        here = np.frombuffer(folders[0], np.int32)
    else:
        # Only what the largest does not have is gathered, so that the root's many commits cost next to nothing.
        *smaller, largest = sorted((np.frombuffer(folder, np.int32) for folder in folders), key=len)
        others = np.unique(np.concatenate(smaller))
        others = others[~_are_in(others, largest)]
        both = _common(author, largest) + _common(author, others)
        return StandingBefore(len(author), both, len(largest) + len(others))
    return StandingBefore(len(author), _common(author, here), len(here))


def _common(author: array[int], numbers: Numbers) -> int:
    """How many of the author's commits are among those; both are sorted and have none twice."""
    if not author or not len(numbers):
        return 0
    own = np.frombuffer(author, np.int32)
    few, many = (own, numbers) if len(own) < len(numbers) else (numbers, own)
    return int(np.count_nonzero(_are_in(few, many)))


def _are_in(few: Numbers, many: Numbers) -> npt.NDArray[np.bool_]:
    at = np.minimum(np.searchsorted(many, few), len(many) - 1)
    found: npt.NDArray[np.bool_] = many[at] == few
    return found
