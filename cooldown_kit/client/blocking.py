"""Carries flows out in the caller's thread."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

import httpx

from cooldown_kit.client.actions import (
    Action,
    Answer,
    Close,
    Flow,
    Give,
    Open,
    Outgoing,
    Pause,
    Read,
    Send,
    Tell,
)

T = TypeVar("T")


class BlockingDriver:
    """Sends what flows ask for over one pool of connections. Safe for threads."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def run(self, flow: Flow[T]) -> T:
        """What the flow returns."""
        steps = self._steps(flow)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                value: T = stop.value
                return value

    def iterate(self, flow: Flow[None]) -> Iterator[Any]:
        """What the flow gives, one by one."""
        return self._steps(flow)

    def close(self) -> None:
        self._http.close()

    def _steps(self, flow: Flow[T]) -> Generator[Any, None, T]:
        hands = _Hands(self._http)
        try:
            action = next(flow)
            while True:
                if isinstance(action, Give):
                    yield action.item
                    action = flow.send(None)
                    continue
                result, error = hands.outcome(action)
                action = flow.send(result) if error is None else flow.throw(error)
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            hands.close()
            flow.close()


class _Hands:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._opened: httpx.Response | None = None
        self._pieces: Iterator[bytes] = iter(())

    def outcome(self, action: Action) -> tuple[Any, Exception | None]:
        """The action's result, or what it raised: thrown from within an ``except``, the flow's errors would hold the request."""
        try:
            return self._do(action), None
        except Exception as error:  # noqa: BLE001 - the flow decides
            return None, error

    def _do(self, action: Action) -> Any:
        match action:
            case Send(request):
                response = self._http.send(request.build(self._http))
                return Answer(response.status_code, response.headers, response.content)
            case Open(request):
                return self._open(request)
            case Read():
                return next(self._pieces, None)
            case Close():
                self.close()
                return None
            case Pause(seconds):
                time.sleep(seconds)
                return None
            case Tell(function, argument):
                return function(argument)
        raise AssertionError(action)

    def _open(self, request: Outgoing) -> Answer:
        self.close()
        response = self._http.send(request.build(self._http), stream=True)
        self._opened = response
        if response.status_code >= 400:
            return Answer(response.status_code, response.headers, response.read())
        self._pieces = response.iter_bytes()
        return Answer(response.status_code, response.headers)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            self._pieces = iter(())
