"""Durations as people write them: ``90``, ``45m``, ``1h30m``, ``2d``."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Final

from cooldown_kit.errors import RecipeError

_SECONDS: Final = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_WRITTEN = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def seconds_of(duration: float | timedelta | str) -> int:
    """Whole seconds, rounded up. Raises :class:`RecipeError` for what is no duration."""
    seconds: float | None
    if isinstance(duration, timedelta):
        seconds = duration.total_seconds()
    elif isinstance(duration, str):
        seconds = _parse(duration.strip().lower().replace(" ", ""))
    else:
        seconds = float(duration)
    if seconds is None or not math.isfinite(seconds) or seconds <= 0:
        raise RecipeError(
            f"{duration!r} is no duration", where="max_duration", remedy="write for example 45m, 8h or 1d12h"
        )
    return math.ceil(seconds)


def _parse(text: str) -> float | None:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    found = _WRITTEN.fullmatch(text)
    if found is None or not text:
        return None
    return float(
        sum(
            int(number) * _SECONDS[unit]
            for number, unit in zip(found.groups(), "dhms", strict=True)
            if number
        )
    )


def in_words(seconds: float) -> str:
    """``2d 3h``, ``1h 05m``, ``4m 10s``, ``9s``."""
    left = max(0, round(seconds))
    days, left = divmod(left, 86400)
    hours, left = divmod(left, 3600)
    minutes, left = divmod(left, 60)
    if days:
        return f"{days}d {hours}h"
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {left:02}s" if minutes else f"{left}s"
