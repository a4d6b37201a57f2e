"""What a harvest will ask for, from a handful of calls: Azure DevOps counts nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from cooldown_connectors.azure_devops.questions import PAGE, written
from cooldown_connectors.azure_devops.requests import DETAILS, request_list
from cooldown_connectors.azure_devops.work_items import AT_ONCE, query
from cooldown_connectors.azure_devops.work_items import DETAILS as COMMENTS
from cooldown_connectors.forge.fields import integer, moment
from cooldown_connectors.forge.protocol import Json, Planned, Session

_EACH: Final = 2.5
"""Calls a request: itself and its threads, and its iterations for every other one."""
_COMMENTED: Final = 0.6
"""Share of work items that somebody has commented on."""
_MOST: Final = 19_999
"""Work items that one query may find."""
_STEPS: Final = 4
"""Halvings of the span in which the number of requests lies: to within a sixteenth of it."""


def plan(session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
    """Lists and details; all numbers of requests are estimates."""
    planned: list[Planned] = []
    if session.takes & {"pull_requests", "reviews"}:
        cursor = cursors.get("requests")
        unfinished = cursor is None or integer(cursor, "skip") is not None
        everything = unfinished and session.since is None
        items = _count(session, "all" if everything else "active")
        items -= min(items, integer(cursor, "skip") or 0)
        planned.append(Planned("requests", items, -(-items // PAGE) + (1 if everything else 3), exact=False))
        planned.append(Planned(DETAILS, items, round(items * _EACH), exact=False))
    if "issues" in session.takes:
        since = moment(cursors.get("issues"), "since")
        times = [time for time in (since, session.since) if time is not None]
        where = f" AND [System.ChangedDate] >= '{written(max(times))}'" if times else ""
        items = len(query(session, where, _MOST).numbers)
        calls = 2 * max(1, -(-items // AT_ONCE)) + 1
        planned.append(Planned("issues", items, calls, exact=items < _MOST))
        commented = round(items * _COMMENTED)
        planned.append(Planned(COMMENTS, commented, commented, exact=False))
    return planned


def _count(session: Session, status: str) -> int:
    """How many requests there are; about, where there is more than a page: is there one at twice this place of the list, between?"""
    path, params = request_list(session, status)

    def there(place: int) -> bool:
        found = session.offset(path, params, place, 1, start_name="$skip", size_name="$top", items="value")
        return bool(found.items)

    first = session.offset(path, params, 0, PAGE, start_name="$skip", size_name="$top", items="value")
    if not first.more:
        return len(first.items)
    low, high = PAGE - 1, 2 * PAGE
    while there(high):
        low, high = high, high * 2
    for _ in range(_STEPS):
        middle = (low + high) // 2
        low, high = (middle, high) if there(middle) else (low, middle)
    return (low + 1 + high) // 2
