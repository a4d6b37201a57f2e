"""Reading fields of a forge's JSON, whatever it really holds: what is missing, ``null`` or of another type is empty here.

Forges leave fields out, send ``null`` for deleted accounts, and change types between versions. A part is stored in its declared
types or not at all, so nothing is taken over unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cooldown_connectors.forge.protocol import Json

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for a time that should be there and is not, so that what it belongs to is not lost."""
_LONG_FRACTION = re.compile(r"(\.\d{6})\d+")


def at(item: Json, *path: str) -> Json:
    """What stands at a path of keys; ``None`` where a step is missing or no object."""
    for key in path:
        if not isinstance(item, Mapping):
            return None
        item = item.get(key)
    return item


def text(item: Json, *path: str) -> str:
    """A string; empty where there is none."""
    value = at(item, *path)
    return value if isinstance(value, str) else ""


def maybe(item: Json, *path: str) -> str | None:
    """A string; ``None`` where there is none, or an empty one."""
    return text(item, *path) or None


def integer(item: Json, *path: str) -> int | None:
    """A whole number; ``None`` where there is none."""
    value = at(item, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(item: Json, *path: str) -> bool | None:
    """True or false; ``None`` where it is not said."""
    value = at(item, *path)
    return value if isinstance(value, bool) else None


def objects(item: Json, *path: str) -> list[dict[str, Any]]:
    """A list of objects; anything else in it is passed over."""
    value = at(item, *path)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def strings(item: Json, *path: str) -> list[str]:
    """A list of strings that are not empty."""
    value = at(item, *path)
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []


def moment(item: Json, *path: str) -> datetime | None:
    """An ISO 8601 time, in UTC; ``None`` where there is none, or one that no calendar has (``0001-01-01`` stands for "never")."""
    value = text(item, *path)
    try:
        found = datetime.fromisoformat(_LONG_FRACTION.sub(r"\1", value))
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if found.year > 1 else None


def milliseconds(item: Json, *path: str) -> datetime | None:
    """A time in milliseconds since 1970; ``None`` where there is none."""
    value = integer(item, *path)
    try:
        return None if value is None else EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return None
