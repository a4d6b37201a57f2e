"""Pauses between tries: exponential with full jitter, from a seeded stream."""

from __future__ import annotations

import threading
from typing import Final

from cooldown_kit.seeds import random_stream

_FIRST: Final = 1.0
_LONGEST: Final = 60.0

TRIES: Final = 8
"""Of one question, before the harvest ends with what to do."""
FIRST_TRIES: Final = 3
"""While the forge has answered nothing yet: a wrong address should be said soon."""
HEAVY_TRIES: Final = 2
"""Of a question that can be asked for less at once: a blip is tried again, then the page is halved."""

RETRIED: Final = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 527, 529})
"""Statuses that say "later"; 429 is a limit."""
HEAVY: Final = frozenset({408, 502, 504, 522, 524})
"""Those that a forge gives when an answer took it too long."""


class Backoff:
    """Draws how long to wait before try ``n``: between 0 and ``min(60, 2**(n-1))`` seconds (full jitter), safe for threads."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = random_stream(seed, "http", name)
        self._lock = threading.Lock()

    def seconds(self, failed: int) -> float:
        """Pause after that many failed tries (from 1)."""
        with self._lock:
            share = float(self._random.random())
        return share * min(_LONGEST, _FIRST * 2.0 ** min(failed - 1, 16))
