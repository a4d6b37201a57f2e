"""How many things there are, and what a harvest will cost, from a handful of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cooldown_connectors.forge.fields import moment
from cooldown_connectors.forge.protocol import Json, Planned, Session
from cooldown_connectors.gitlab.details import issue_asks, request_asks
from cooldown_connectors.gitlab.people import written
from cooldown_connectors.gitlab.questions import ISSUES, PAGE, RELEASES, REQUESTS, root

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Before anything on any GitLab; what was imported keeps its times."""
_ONE_DAY: Final = timedelta(days=1)
_VERSIONS: Final = 0.5
"""Share of the requests with something to ask for that have notes on lines, hence versions to ask for."""


def count(session: Session, resource: str, params: Mapping[str, Any]) -> int | None:
    """How many items a list has; ``None`` where GitLab does not say.

    Above 10,000 it leaves ``x-total`` out. Then the time in which they were made is halved until every part of it has fewer.
    """
    after = {"updated_after": written(session.since)} if session.since else {}
    asked = {**params, **after}
    total = _total(session, resource, asked)
    if total is not None:
        return total
    return _between(session, resource, asked, _EPOCH, datetime.now(UTC) + _ONE_DAY)


def _total(session: Session, resource: str, params: Mapping[str, Any]) -> int | None:
    listed = session.numbered(f"{root(session)}/{resource}", params, 1, 1)
    if listed.total is None and not listed.more:
        return len(listed.items)
    return listed.total


def _between(
    session: Session, resource: str, params: Mapping[str, Any], start: datetime, end: datetime
) -> int | None:
    """Items that were made between two times, whole days, the later one excluded."""
    window = {
        "created_after": written(start),
        "created_before": f"{end - timedelta(microseconds=1):%Y-%m-%dT%H:%M:%S.%fZ}",
    }
    total = _total(session, resource, {**params, **window})
    if total is not None or end - start <= _ONE_DAY:
        return total
    middle = start + timedelta(days=(end - start).days // 2)
    earlier = _between(session, resource, params, start, middle)
    later = _between(session, resource, params, middle, end) if earlier is not None else None
    return None if earlier is None or later is None else earlier + later


def plan(session: Session, cursors: Mapping[str, Json]) -> Sequence[Planned]:
    """What will be asked for. What lists and details cost is read off one page of what changed last."""
    planned: list[Planned] = []
    if session.takes & {"pull_requests", "reviews"}:
        planned += _of(session, cursors, "requests", "merge_requests", REQUESTS, request_asks, _VERSIONS)
    if "issues" in session.takes:
        planned += _of(session, cursors, "issues", "issues", ISSUES, issue_asks, 0.0)
    if "releases" in session.takes:
        items = _total(session, "releases", RELEASES)
        planned.append(
            Planned("releases", items or 0, _pages(items or 0) if items else 1, exact=items is not None)
        )
    return planned


def _of(
    session: Session,
    cursors: Mapping[str, Json],
    stream: str,
    resource: str,
    params: Mapping[str, Any],
    asks: Callable[[Json], Sequence[str]],
    more: float,
) -> list[Planned]:
    times = [time for time in (moment(cursors.get(stream), "since"), session.since) if time]
    after = {"updated_after": written(max(times))} if times else {}
    asked = {**params, **after}
    sample = session.numbered(
        f"{root(session)}/{resource}", {**asked, "order_by": "updated_at", "sort": "desc"}, 1, PAGE
    )
    items = sample.total if sample.more else len(sample.items)
    if items is None:
        items = _between(session, resource, asked, _EPOCH, datetime.now(UTC) + _ONE_DAY)
    exact = items is not None
    items = PAGE if items is None else items
    asking = [list(asks(item)) for item in sample.items]
    share = items / len(asking) if asking else 0.0
    things = sum(1 for some in asking if some)
    calls = sum(len(some) + more for some in asking if some)
    return [
        Planned(stream, items, _pages(items), exact=exact),
        Planned(f"{stream[:-1]} details", round(things * share), round(calls * share), exact=False),
    ]


def _pages(items: int) -> int:
    return max(1, -(-items // PAGE))
