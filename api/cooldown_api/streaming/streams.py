"""Events and log lines of one job as server-sent events, from any place on, until the job has ended.

A stream reads a few rows in a session of milliseconds, sends them, and waits for the hub; it holds no connection of the database.
Every message carries the place after it as its id, so that a client that comes back with ``Last-Event-ID`` misses nothing and gets nothing
twice, also from another process.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from cooldown_api.access import Access
from cooldown_api.database.tables import Event, Job
from cooldown_api.jobs.events import select_events
from cooldown_api.jobs.load import load_job
from cooldown_api.jobs.logs import lines_after
from cooldown_api.problems import ProblemError
from cooldown_api.reading.views import ended, view_event

PING_SECONDS: Final = 15.0
_EVENTS_AT_ONCE = 200
_LINES_AT_ONCE = 500
_PLACE = re.compile(r"(\d{1,18})(?:\.(\d{1,18}))?")


@dataclass(frozen=True)
class Place:
    """Numbers of the last event and of the last log line that were sent."""

    event: int = 0
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of a job a stream sends."""

    events: bool = True
    logs: bool = False
    types: tuple[str, ...] = ()
    """Of events; none is all of them."""
    without: tuple[str, ...] = ()
    attempt: int | None = None
    """Of log lines."""

    def id_of(self, place: Place) -> str:
        """``12`` where one kind of thing is sent, ``12.340`` where both are."""
        if self.events and self.logs:
            return f"{place.event}.{place.line}"
        return str(place.event if self.events else place.line)

    def place_of(self, id: str | None) -> Place:
        """Raises :class:`ProblemError` where no stream gave such an id."""
        if not id:
            return Place()
        match = _PLACE.fullmatch(id)
        if match is None:
            raise ProblemError(
                "validation",
                "this is no id of an event of a stream",
                where="Last-Event-ID",
                remedy="send the id of the last event that came, or none to start at the beginning",
            )
        first, second = int(match[1]), int(match[2] or 0)
        return Place(first, second) if self.events else Place(0, first)


async def stream(access: Access, id: str, wanted: Wanted, last_id: str | None) -> EventSourceResponse:
    """The response; raises :class:`ProblemError` before anything is sent where the job is not the caller's."""
    place = wanted.place_of(last_id)

    def look() -> None:
        with access.read() as session:
            load_job(session, id)

    await run_in_threadpool(look)
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return EventSourceResponse(_messages(access, id, wanted, place), headers=headers)


async def _messages(access: Access, id: str, wanted: Wanted, place: Place) -> AsyncGenerator[bytes, None]:
    hub = access.service.hub
    async with hub.watch(id) as watch:
        while not hub.closing:
            found = await run_in_threadpool(_read, access, id, wanted, place)
            for message in found.messages:
                yield message
            place = found.place
            if found.more:
                continue
            if found.end is not None:
                yield found.end
                yield format_sse_event(data_str="[DONE]")
                return
            if not await watch.wait(PING_SECONDS):
                yield KEEPALIVE_COMMENT


@dataclass(frozen=True)
class _Found:
    messages: list[bytes]
    place: Place
    more: bool
    """There is more to read at once."""
    end: bytes | None
    """The last message, where the job has ended and all of it was read."""


def _read(access: Access, id: str, wanted: Wanted, place: Place) -> _Found:
    """What follows that place. The job is read first: whatever it counted by then is there to be read."""
    with access.read() as session:
        job = load_job(session, id)
        messages: list[bytes] = []
        more = False
        if wanted.events:
            for event in _events(session, id, wanted, place.event):
                place = replace(place, event=event.seq)
                messages.append(_message(view_event(event), event.type, wanted.id_of(place)))
            more = len(messages) == _EVENTS_AT_ONCE
            if not more:
                place = replace(
                    place, event=max(place.event, job.event_seq if wanted.types or wanted.without else 0)
                )
        if wanted.logs:
            lines = lines_after(session, id, place.line, _LINES_AT_ONCE, attempt=wanted.attempt)
            for line in lines:
                place = replace(place, line=line.id)
                messages.append(_message(line, "log", wanted.id_of(place)))
            more = more or len(lines) == _LINES_AT_ONCE
        return _Found(messages, place, more, None if more else _end(job))


def _events(session: Any, id: str, wanted: Wanted, after: int) -> list[Event]:
    statement = select_events(id, types=wanted.types, without=wanted.without).where(Event.seq > after)
    return list(session.scalars(statement.order_by(Event.seq).limit(_EVENTS_AT_ONCE)))


def _end(job: Job) -> bytes | None:
    if not ended(job):
        return None
    data = {"job": job.id, "state": job.state, "reason": job.reason, "detail": job.detail}
    if job.details_removed_at is not None:  # otherwise one would take it for a job to which nothing happened
        data["details_removed_at"] = job.details_removed_at.isoformat()
    return format_sse_event(data_str=json.dumps(data), event="end")


def _message(item: BaseModel, event: str, id: str) -> bytes:
    return format_sse_event(data_str=item.model_dump_json(), event=event, id=id)
