"""Slows down who guesses keys: after some failures an address must wait."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from cooldown_api.problems import ProblemError

_BURST: Final = 20.0
_PER_SECOND: Final = 1 / 3
_MOST: Final = 10_000


class FailureThrottle:
    """Failed authentications by address; 20 at once, then one in three seconds. Who was known within the hour is not held up."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises :class:`ProblemError` ``too-many-requests`` where that address failed too often."""
        with self._lock:
            level = self._level(address)
        if level >= _BURST:
            wait = math.ceil((level - _BURST + 1) / _PER_SECOND)
            raise ProblemError(
                "too-many-requests",
                "too many failed attempts to authenticate from this address",
                remedy="check the key, and wait",
                headers={"Retry-After": str(wait)},
            )

    def failed(self, address: str) -> None:
        with self._lock:
            self._failed[address] = (self._level(address) + 1, self._clock())
            self._failed.move_to_end(address)
            while len(self._failed) > _MOST:
                self._failed.popitem(last=False)

    def _level(self, address: str) -> float:
        level, at = self._failed.get(address, (0.0, 0.0))
        return max(0.0, level - (self._clock() - at) * _PER_SECOND)
