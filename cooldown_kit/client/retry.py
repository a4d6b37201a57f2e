"""One call, tried again where that is safe and may help."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from typing import Final, TypeVar

import httpx

from cooldown_kit.client.actions import Answer, Flow, Open, Pause, Send
from cooldown_kit.client.call import Call, CallOptions
from cooldown_kit.client.errors import ApiError, ClientError, ConnectionFailed, TimedOut
from cooldown_kit.client.refusals import error_of

T = TypeVar("T")
_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "POST"})
_RETRIED: Final = frozenset({408, 429, *range(500, 600)})
_NOT_DONE: Final = frozenset({429, 503})
"""Answers that say that the request was not carried out."""
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 8.0
_LONGEST_WISH: Final = 120.0
"""A service that asks to wait longer than this is not waited for."""


def perform(call: Call[T], options: CallOptions) -> Flow[T]:
    """Make the call; returns what it reads. Raises a :class:`ClientError`."""
    answer = yield from exchange(call, options)
    return call.read(answer)


def exchange(call: Call[T], options: CallOptions, *, opened: bool = False) -> Flow[Answer]:
    """The answer of a call that succeeded; with ``opened`` its body is still to be read."""
    repeatable = call.repeatable and call.method in _REPEATABLE
    key = call.idempotency_key or (uuid.uuid4().hex if repeatable and call.method == "POST" else None)
    for tries in count():
        request = call.outgoing(options, key, tries)
        pause: float | None
        try:
            answer: Answer = yield Open(request) if opened else Send(request)
        except httpx.RequestError as error:
            failure: ClientError = connection_error(error, options)
            again = repeatable or isinstance(
                error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout
            )
            pause = backoff(tries)
        else:
            if 200 <= answer.status < 300:
                return answer
            failure = error_of(answer)
            again = _may_try_again(answer, repeatable=repeatable)
            pause = _wished_pause(answer, failure, tries)
        if not again or pause is None or tries >= options.max_retries:
            raise failure
        yield Pause(pause)
    raise AssertionError


def backoff(tries: int) -> float:
    """Seconds before the next try: doubling, and never the same for two clients."""
    return min(_FIRST_PAUSE * 2.0**tries, _LONGEST_PAUSE) * (1 - 0.5 * random.random())  # noqa: S311 - no secret


def connection_error(error: httpx.RequestError, options: CallOptions) -> ConnectionFailed:
    """What happened to the connection, in words. Holds no request, whose headers have the key."""
    if isinstance(error, httpx.TimeoutException):
        seconds = options.timeout.connect if isinstance(error, httpx.ConnectTimeout) else options.timeout.read
        return TimedOut(
            f"the service did not answer within {seconds:g} seconds"
            if seconds
            else "the service did not answer",
            remedy="try again, or give a longer `timeout`",
        )
    if isinstance(error, httpx.ConnectError):
        return ConnectionFailed(
            f"the service cannot be reached: {error}",
            remedy="check the address, and that the service runs (`cooldown serve`)",
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        # what it says may repeat a header
        return ConnectionFailed(
            "the request cannot be sent", remedy="check the address, the key and the headers"
        )
    return ConnectionFailed(
        f"the connection to the service broke: {error or type(error).__name__}", remedy="try again"
    )


def transient(error: ClientError) -> bool:
    """Whether the service may answer later: it restarts, is busy, or the network is away."""
    return isinstance(error, ConnectionFailed) or (isinstance(error, ApiError) and error.status in _RETRIED)


def _may_try_again(answer: Answer, *, repeatable: bool) -> bool:
    said = answer.headers.get("x-should-retry")
    if said in ("true", "false"):
        return said == "true" and (repeatable or answer.status in _NOT_DONE)
    return answer.status in _RETRIED and (repeatable or answer.status in _NOT_DONE)


def _wished_pause(answer: Answer, failure: ClientError, tries: int) -> float | None:
    """What the service asks for in ``Retry-After``, else ours; ``None`` where it asks for too much."""
    wished = retry_after(answer.headers)
    if wished is None:
        return backoff(tries)
    if isinstance(failure, ApiError):
        failure.retry_after = wished
    return wished + random.random() * 0.25 if wished <= _LONGEST_WISH else None  # noqa: S311 - no secret


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds, from a number or a date."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
