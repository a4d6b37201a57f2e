"""From a commit to the newest earlier one that has something in common with it: one sorted array of hashes, no dictionary of a history."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]


class Earlier:
    """Finds commits by an 8-byte hash. Memory: 12 bytes for each commit that has one."""

    def __init__(self, hashes: Hashes, numbers: npt.NDArray[np.int32]) -> None:
        """``hashes[i]`` is of commit ``numbers[i]``; numbers grow."""
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._numbers = hashes[order], numbers[order]

    def newest_before(self, number: int, hash_: int) -> int | None:
        """The greatest number below ``number`` with that hash; ``None`` where there is none."""
        wanted = np.uint64(hash_)
        start = int(np.searchsorted(self._hashes, wanted, "left"))
        end = int(np.searchsorted(self._hashes, wanted, "right"))
        at = start + int(np.searchsorted(self._numbers[start:end], number))
        return int(self._numbers[at - 1]) if at > start else None

    def has(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """For each of many hashes whether any commit has it."""
        if not len(self._hashes):
            return np.zeros(len(hashes), np.bool_)
        at = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        found: npt.NDArray[np.bool_] = self._hashes[at] == hashes
        return found
