"""Which licence a post of StackExchange is under: the dump says it, and where it does not, the date does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

# "Content contributed before …", meta.stackexchange.com/questions/347758; an edit counts as a contribution of its day.
_SINCE: Final = (
    (datetime(2018, 5, 2, tzinfo=UTC), "CC-BY-SA-4.0"),
    (datetime(2011, 4, 8, tzinfo=UTC), "CC-BY-SA-3.0"),
)
_FIRST: Final = "CC-BY-SA-2.5"


def by_date(contributed_at: datetime) -> str:
    """SPDX identifier of the licence of what was written, or last edited, at that time."""
    return next((name for since, name in _SINCE if contributed_at >= since), _FIRST)


def identifier(said: str) -> str:
    """``CC BY-SA 4.0``, as dumps say it, as an SPDX identifier."""
    return "-".join(said.split()) or _FIRST


def together(licences: Iterable[str | None]) -> str | None:
    """One SPDX expression for a thread whose posts are under several; ``None`` where none says anything."""
    return " AND ".join(sorted({licence for licence in licences if licence})) or None
