"""A file of entries that is written newest first and read oldest first, so that memory does not grow with history."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Self

import msgspec

from cooldown_connectors.git.history import CommitEntry


class Spool:
    """Entries on disk, eight bytes of memory each. The file has no name: however the process ends, it is gone with it."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._starts = array("Q")
        self._end = 0
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(CommitEntry)

    def append(self, entry: CommitEntry) -> None:
        self._starts.append(self._end)
        self._end += self._file.write(self._encoder.encode(entry))

    def __len__(self) -> int:
        return len(self._starts)

    def reversed_shards(self, size: int, max_bytes: int) -> Iterator[list[CommitEntry]]:
        """All entries, last written first, in lists of at most ``size`` (and, but for a single one, ``max_bytes``)."""
        end, last = len(self._starts), self._end
        while end:
            start = end - 1
            while start and end - start < size and last - self._starts[start - 1] <= max_bytes:
                start -= 1
            offset = self._starts[start]
            self._file.seek(offset)
            block = self._file.read(last - offset)
            bounds = [at - offset for at in (*self._starts[start:end], last)]
            shard = [self._decoder.decode(block[a:b]) for a, b in pairwise(bounds)]
            shard.reverse()
            yield shard
            end, last = start, offset

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
