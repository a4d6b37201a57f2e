"""When a delivery is tried again: soon at first, then patiently; after three days it has failed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

WAITS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After the first, second, … try. One more try follows the last of them."""
_SPREAD: Final = 0.1


def next_try(tries: int, now: datetime, retry_after: int | None = None) -> datetime | None:
    """When to try again after so many tries; ``None``: never.

    Up to a tenth is added by chance, so that receivers that come back are not hit by all at once.
    """
    if tries > len(WAITS):
        return None
    wait = WAITS[tries - 1] * (1 + _SPREAD * random.random())  # noqa: S311 - no secret
    return now + max(wait, timedelta(seconds=retry_after or 0))
