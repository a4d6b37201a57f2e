"""A token bucket for each caller: bursts are fine, a flood is told when to come back."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cooldown_api.problems import ProblemError
from cooldown_api.settings import LimitSettings

_MOST: Final = 10_000


@dataclass(frozen=True)
class Allowance:
    """What a caller has left, for the headers of the answer (draft-ietf-httpapi-ratelimit-headers)."""

    per_minute: int
    left: int
    full_in: int
    """Seconds."""

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"default";q={self.per_minute};w=60',
            "RateLimit": f'"default";r={self.left};t={self.full_in}',
        }


class RateLimiter:
    """Of one process: with several behind one address each caller has as many times the limit. Safe for threads."""

    def __init__(self, limits: LimitSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = limits.requests_per_minute
        self._burst = float(limits.burst)
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> Allowance | None:
        """Count one request; ``None`` where there is no limit. Raises :class:`ProblemError` ``too-many-requests``."""
        if self._per_minute == 0:
            return None
        rate = self._per_minute / 60
        with self._lock:
            now = self._clock()
            left, at = self._buckets.get(caller, (self._burst, now))
            left = min(self._burst, left + (now - at) * rate)
            allowed = left >= 1
            left -= 1 if allowed else 0
            self._buckets[caller] = (left, now)
            self._buckets.move_to_end(caller)
            while len(self._buckets) > _MOST:
                self._buckets.popitem(last=False)
        allowance = Allowance(self._per_minute, int(left), math.ceil((self._burst - left) / rate))
        if allowed:
            return allowance
        wait = max(1, math.ceil((1 - left) / rate))
        raise ProblemError(
            "too-many-requests",
            f"{self._per_minute} requests a minute are allowed, {int(self._burst)} of them at once",
            remedy=f"come back in {wait} s",
            headers={"Retry-After": str(wait), **allowance.headers()},
        )
