"""What files held before they were changed: each blob read once from one ``git cat-file``, within a budget of bytes.

The order in which blobs are needed and their sizes are known before the first is read. So the cache is played through beforehand: git is
asked for exactly those blobs that it will miss, all at once, and no answer is waited for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from cooldown_connectors.git.blobs import read_blobs
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.left_out import LeftOut, Sizes
from cooldown_connectors.git.paths import path_text

CACHE_BYTES: Final = 32 << 20
_REGULAR: Final = (b"100644", b"100755", b"100664")
Contents = Mapping[bytes, bytes]
"""Old blob → its content."""


def contents_before(
    git: Git,
    entries: Sequence[CommitEntry],
    left_out: Sequence[LeftOut],
    taken: Callable[[str], bool],
    sizes: Sizes,
    cache_bytes: int = CACHE_BYTES,
) -> Iterator[Contents]:
    """For each entry the contents of its changed files before the change: files that stay, are taken and not left out."""
    wanted = [
        _wanted(entry, {row.path for row, _ in rows}, taken)
        for entry, rows in zip(entries, left_out, strict=True)
    ]
    plan = _Lru(cache_bytes)
    requests = [
        blob
        for blobs in wanted
        for blob in blobs
        if not plan.has(blob) and plan.add(blob, b"", sizes[blob] or 0)
    ]
    reading = read_blobs(git, requests)
    cache = _Lru(cache_bytes)
    for blobs in wanted:
        found: dict[bytes, bytes] = {}
        for blob in blobs:
            if cache.has(blob):
                content = cache.get(blob)
            else:
                content = next(reading)
                cache.add(blob, content, sizes[blob] or 0)
            if content is not None:
                found[blob] = content
        yield found
    assert next(reading, None) is None, "one content for each request"


def _wanted(entry: CommitEntry, left_out: set[bytes], taken: Callable[[str], bool]) -> list[bytes]:
    """The blobs of one entry. A deleted file counts where one is added: a rename with edits is seen by the second pass only."""
    adds = any(row.status == b"A" for row in entry.rows)
    blobs = (
        row.old_blob
        for row in entry.rows
        if row.old_mode in _REGULAR
        and (row.new_mode in _REGULAR or (adds and row.status == b"D"))
        and row.old_blob != row.new_blob
        and row.path not in left_out
        and (
            adds
            or taken(path_text(row.path))
            or (row.old_path is not None and taken(path_text(row.old_path)))
        )
    )
    return list(dict.fromkeys(blobs))


class _Lru:
    """Least recently used goes first; what is larger than the whole budget is not kept. Sizes decide, not contents."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        self._used = 0
        self._held: OrderedDict[bytes, tuple[bytes | None, int]] = OrderedDict()

    def has(self, blob: bytes) -> bool:
        if blob not in self._held:
            return False
        self._held.move_to_end(blob)
        return True

    def get(self, blob: bytes) -> bytes | None:
        return self._held[blob][0]

    def add(self, blob: bytes, content: bytes | None, size: int) -> bool:
        """Keep a content that was not there; always true, so that it can stand in a condition."""
        if size <= self._budget:
            self._held[blob] = (content, size)
            self._used += size
            while self._used > self._budget:
                self._used -= self._held.popitem(last=False)[1][1]
        return True
