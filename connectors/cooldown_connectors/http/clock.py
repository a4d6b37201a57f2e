"""Time, in one place, so that tests can let hours pass at once."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What the HTTP layer knows of time. All in seconds."""

    def now(self) -> float:
        """Since the epoch, UTC; may jump."""
        ...

    def monotonic(self) -> float:
        """Since some moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
