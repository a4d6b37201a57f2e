"""Lists of Gitea and Forgejo, read so that nothing in them is skipped.

Three of their habits matter. The server may allow fewer items a page than are asked for, so a short page is not the last one. Lists of issues and
comments can be asked for what changed since a time, but are not sorted by it. And where something is deleted while one reads, all that
follows moves up, over the edge of the page that was read last: the total, which every list names, then falls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from cooldown_connectors.forge.descent import Step
from cooldown_connectors.forge.fields import integer, moment
from cooldown_connectors.forge.protocol import Json, Listed, Session
from cooldown_connectors.http.errors import NotFound, Refused

Params = Mapping[str, str | int | bool]
MOST: Final = 50
"""Items a page that a server gives unless its owner allows others."""
_INSTANT: Final = "%Y-%m-%dT%H:%M:%SZ"
OVERLAP: Final = timedelta(minutes=5)
"""How much of what was read is read again by the next harvest, in case the forge's clocks differ."""


@dataclass(frozen=True)
class Server:
    """What a harvest knows of its server before it reads anything."""

    size: int
    """Items a page that it gives at most: smaller pages than were asked for would look like last ones."""
    now: str
    """The time by its clock, as :func:`instant` writes it; empty where it did not say."""


def server(session: Session) -> Server:
    """One call."""
    try:
        reply = session.get("/settings/api")
    except (NotFound, Refused):  # older than 1.13, or closed to this token
        return Server(MOST, "")
    allowed, now = integer(reply.data, "max_response_items"), _date(reply.headers)
    return Server(max(1, min(MOST, allowed or MOST)), "" if now is None else instant(now))


def page_size(session: Session) -> int:
    """See :attr:`Server.size`. One call."""
    return server(session).size


def utc(item: Json, field: str = "updated_at") -> str:
    """A time as text that sorts: servers write times in their own zone, summer and winter differently."""
    return instant(moment(item, field) or datetime.min.replace(tzinfo=UTC))


def instant(time: datetime) -> str:
    """A time as Gitea takes it: whole seconds, UTC."""
    return time.astimezone(UTC).strftime(_INSTANT)


@dataclass(frozen=True)
class Place:
    """How far a list was read: the page that comes next, and what the list's total was by then."""

    page: int
    total: int | None


def ask(
    session: Session, path: str, params: Params, place: Place, size: int
) -> tuple[list[Json], Place | None]:
    """The next items, and the place after them (``None``: the end). Where items were deleted since, pages before are asked for again."""
    page = place.page
    listed = _page(session, path, params, page, size)
    items = list(listed.items)
    while place.total is not None and listed.total is not None and listed.total < place.total:
        lost = place.total - listed.total
        again = range(max(1, page - -(-lost // size)), page)
        place = Place(page, listed.total)
        for earlier in again:
            listed_again = _page(session, path, params, earlier, size)
            items = [*listed_again.items, *items]
            if listed_again.total is not None and listed_again.total < (place.total or 0):
                listed = listed_again  # and more were deleted meanwhile
    more = listed.more or (listed.total is not None and page * size < listed.total)
    return items, Place(page + 1, listed.total) if more and listed.items else None


def _page(session: Session, path: str, params: Params, page: int, size: int) -> Listed:
    return session.numbered(path, params, page, size, size_name="limit")


def everything(session: Session, path: str, params: Params, size: int) -> Iterator[list[Json]]:
    """All pages of a list."""
    place: Place | None = Place(1, None)
    while place is not None:
        items, place = ask(session, path, params, place, size)
        yield items


def steps(session: Session, path: str, params: Params, size: int) -> Callable[[Json], Step]:
    """How a descent (:mod:`cooldown_connectors.forge.descent`) asks for a list."""

    def step(below: Json) -> Step:
        place = Place(1, None) if below is None else Place(below["page"], below["total"])
        items, after = ask(session, path, params, place, size)
        return Step(items, None if after is None else {"page": after.page, "total": after.total})

    return step


def changed(
    session: Session, path: str, params: Params, cursor: Json, size: Callable[[], int], start: datetime | None
) -> Iterator[tuple[list[Json], Json]]:
    """What changed since the last complete reading began, page by page with the cursors behind them.

    When it began is told by the forge's own clock. A list in which nothing changed costs one call.
    """
    state: dict[str, Any] = cursor or {
        "since": None if start is None else instant(start),
        "until": None,
        "page": 1,
        "total": None,
    }
    since, until, place = state["since"], state["until"], Place(state["page"], state["total"])
    bounded: dict[str, str | int | bool] = {**params, **({"since": since} if since else {})}
    if until is None:
        until, total = clock(session, path, bounded)
        if total == 0:
            yield [], begin(until)
            return
    while True:
        items, after = ask(session, path, bounded, place, size())
        if after is None:
            yield items, begin(until)
            return
        place = after
        yield items, {"since": since, "until": until, "page": place.page, "total": place.total}


def begin(since: str) -> Json:
    """The cursor of :func:`changed` for everything from a time on."""
    return {"since": since, "until": None, "page": 1, "total": None}


def began(behind: Json) -> str:
    """When, by the forge's clock, the reading began that yielded this cursor."""
    until = datetime.strptime(behind["until"] or behind["since"], _INSTANT).replace(tzinfo=UTC)
    return instant(until + OVERLAP)


def clock(session: Session, path: str, params: Params) -> tuple[str, int | None]:
    """The time from which on the next reading must look, and how many items the list has now. One call."""
    reply = session.get(path, {**params, "page": 1, "limit": 1})
    now = _date(reply.headers) or datetime.now(UTC)
    return instant(now - OVERLAP), total_of(reply.headers)


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except (ValueError, TypeError):
        return None


def total_of(headers: Mapping[str, str]) -> int | None:
    """How many items a list has, as its answer says."""
    value = headers.get("x-total-count", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None


def count(session: Session, path: str, params: Params) -> int | None:
    """How many items a list has; ``None`` where the forge does not say. One call."""
    return total_of(session.get(path, {**params, "page": 1, "limit": 1}).headers)
