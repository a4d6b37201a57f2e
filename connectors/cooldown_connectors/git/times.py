"""Times as git writes them: seconds since the epoch, now and then broken."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_time(seconds: bytes) -> datetime | None:
    """The time in UTC; ``None`` where it is missing or outside the years 1 to 9999."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
