"""The events of a job as they happen, each once, however often the connection breaks or the service restarts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any, Final

import httpx

from cooldown_kit.client.actions import Action, Flow, Give, Pause, Read
from cooldown_kit.client.call import Call, CallOptions, reads, segment
from cooldown_kit.client.errors import ClientError, UnexpectedAnswer
from cooldown_kit.client.retry import backoff, connection_error, exchange, perform, transient
from cooldown_kit.client.sse import EventParser
from cooldown_kit.client.states import ENDED
from cooldown_kit.client.wire import Event, Job

SILENCE: Final = 45.0
"""Seconds without a byte after which a stream is dead: the service sends a comment every 15."""
PATIENCE: Final = 600.0
"""Seconds for which a service that does not answer is asked again."""


class DeadlinePassed(Exception):
    """It is later than the caller wanted to wait."""


def follow(
    job_id: str,
    options: CallOptions,
    *,
    types: Collection[str] | None = None,
    after: int = 0,
    deadline: float | None = None,
    emit: Callable[[Event], Action] = Give,
) -> Flow[None]:
    """Every event after number ``after``, of these types only, until the job has ended.

    Args:
        deadline: of the monotonic clock; raises :class:`DeadlinePassed` soon after.
        emit: what to do with each event.
    """
    reader = _Reader(types, after)
    patience = time.monotonic() + PATIENCE
    tries = 0
    while not reader.ended:
        before = reader.last
        failure: ClientError | None = None
        try:
            yield from _read(job_id, options, reader, deadline, emit)
        except httpx.RequestError as error:
            failure = connection_error(error, options)
        except ClientError as error:
            if not transient(error):
                raise
            failure = error
        if reader.last > before:
            tries, patience = 0, time.monotonic() + PATIENCE
            continue
        if failure is None and (yield from _has_ended(job_id, options)):
            return
        if failure is not None and time.monotonic() > patience:
            raise failure
        yield Pause(_until(deadline, backoff(tries)))
        tries += 1


def _read(
    job_id: str,
    options: CallOptions,
    reader: _Reader,
    deadline: float | None,
    emit: Callable[[Event], Action],
) -> Flow[None]:
    """One connection: events until it ends, or until its longest silence would outlast the deadline by far."""
    silence = _until(deadline, SILENCE)
    timeout = httpx.Timeout(silence, connect=min(options.timeout.connect or silence, silence))
    once = replace(options, timeout=timeout, max_retries=0)
    parser = EventParser()
    yield from exchange(reader.call(job_id), once, opened=True)
    while (piece := (yield Read())) is not None:
        for event in reader.take(parser, piece):
            yield emit(event)
        if reader.ended or reader.torn or silence > 2 * _until(deadline, silence) + 0.5:
            return


def _until(deadline: float | None, seconds: float) -> float:
    """So many seconds, or what is left of them. Raises :class:`DeadlinePassed`."""
    if deadline is None:
        return seconds
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlinePassed
    return min(left, seconds)


def _has_ended(job_id: str, options: CallOptions) -> Flow[bool]:
    """Whether a job whose stream is over and brings nothing new has ended. A service that is away has said nothing yet."""
    try:
        job = yield from perform(Call("GET", f"/v1/jobs/{segment(job_id)}", reads(Job)), options)
    except ClientError as error:
        if not transient(error):
            raise
        return False
    return job.ended


class _Reader:
    """What was seen so far: no event twice, none left out."""

    def __init__(self, types: Collection[str] | None, after: int) -> None:
        self._types = None if types is None else frozenset(types)
        self.last = after
        self.ended = False
        self.torn = False
        """Numbers are missing: the rest is asked for again."""
        self._gap_after = -1

    def call(self, job_id: str) -> Call[Any]:
        """States are always asked for: one of them is the end."""
        self.torn = False
        query: dict[str, Any] = (
            {"include": "metrics"} if self._types is None else {"types": sorted(self._types | {"state"})}
        )
        return Call(
            "GET",
            f"/v1/jobs/{segment(job_id)}/events/stream",
            lambda answer: answer,
            query,
            headers={"accept": "text/event-stream", "last-event-id": str(self.last)},
        )

    def take(self, parser: EventParser, piece: bytes) -> Iterator[Event]:
        for said in parser.feed(piece):
            event = _event(said.data)
            if event is None or event.id <= self.last:
                continue
            if self._types is None and event.id != self.last + 1 and self._gap_after != self.last:
                # Asked for once more; what is then still missing is not kept by the service any longer.
                self.torn, self._gap_after = True, self.last
                return
            self.last = event.id
            self.ended = event.type == "state" and event.data.get("state") in set(map(str, ENDED))
            if self._types is None or event.type in self._types:
                yield event
            if self.ended:
                return


def _event(data: str) -> Event | None:
    """None for what is no event of a job, such as the mark at the end of a stream."""
    try:
        found = json.loads(data)
    except ValueError:
        return None
    if not isinstance(found, dict) or found.get("object") != "job.event":
        return None
    try:
        return Event.model_validate(found)
    except ValueError:
        raise UnexpectedAnswer("an event has a form that this version does not know") from None
