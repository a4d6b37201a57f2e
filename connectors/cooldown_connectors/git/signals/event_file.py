"""Events of a whole history, grouped by key without holding them in memory: one temporary file, written in sorted runs."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint32]

_EVENT: Final = np.dtype([("key", "<u8"), ("code", "<u4")])
_BITS: Final = 8
"""Keys are grouped by so many of their upper bits."""
_RUN: Final = 1 << 19
"""Events in memory while writing: 6 MiB."""
_READ: Final = 1 << 21
"""Events in memory while reading: 24 MiB, unless a single key has more."""


class EventFile:
    """(key, code) pairs, 12 bytes each, that come back grouped by key and in the order they were put in. A context manager.

    Keys are spread evenly over 64 bits (hashes). Memory: some 50 MB whatever the number of events, and 2 kB for each half million;
    the disk holds the rest. The file has no name, so nothing is left behind however the process ends.
    """

    def __init__(self, folder: Path, *, run: int = _RUN, read: int = _READ) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by __exit__
        self._run, self._read = run, read
        self._waiting: list[tuple[Keys, Codes]] = []
        self._count = 0
        self._written = 0
        self._bounds: list[npt.NDArray[np.int64]] = []

    def put(self, keys: Keys, codes: Codes) -> None:
        """Add events; both arrays have the same length."""
        self._waiting.append((keys, codes))
        self._count += len(keys)
        if self._count >= self._run:
            self._write()

    def groups(self) -> Iterator[tuple[Keys, Codes]]:
        """All events, in parts that have every event of their keys, sorted by key and then in the order of :meth:`put`."""
        self._write()
        sizes = sum((np.diff(bounds) for bounds in self._bounds), np.zeros(1 << _BITS, np.int64))
        for group in np.flatnonzero(sizes).tolist():
            splits = 0  # a group that is too large is read more than once, a part of its keys each time
            while sizes[group] >> splits > self._read and splits < 64 - _BITS:
                splits += 1
            for part in range(1 << splits):
                events = np.concatenate(list(self._part(group, splits, part)))
                if len(events):
                    events = events[np.argsort(events["key"], kind="stable")]
                    yield events["key"].copy(), events["code"].copy()

    def _part(self, group: int, splits: int, part: int) -> Iterator[npt.NDArray[np.void]]:
        for bounds in self._bounds:
            start, end = bounds[group : group + 2].tolist()
            self._file.seek(start * _EVENT.itemsize)
            events = np.frombuffer(self._file.read((end - start) * _EVENT.itemsize), _EVENT)
            if splits:
                shift, mask = np.uint64(64 - _BITS - splits), np.uint64((1 << splits) - 1)
                events = events[events["key"] >> shift & mask == part]
            yield events

    def _write(self) -> None:
        """A run: what is waiting, sorted by group, and where each group starts in the file."""
        if not self._count:
            return
        keys = np.concatenate([keys for keys, _ in self._waiting])
        codes = np.concatenate([codes for _, codes in self._waiting])
        self._waiting.clear()
        self._count = 0
        groups = (keys >> np.uint64(64 - _BITS)).astype(np.uint8)
        order = np.argsort(groups, kind="stable")
        events = np.empty(len(keys), _EVENT)
        events["key"], events["code"] = keys[order], codes[order]
        self._file.seek(self._written * _EVENT.itemsize)
        self._file.write(events.tobytes())
        counts = np.bincount(groups, minlength=1 << _BITS)
        self._bounds.append(self._written + np.concatenate([[0], np.cumsum(counts)]))
        self._written += len(keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
