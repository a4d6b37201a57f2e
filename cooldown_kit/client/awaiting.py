"""Carries flows out in an event loop: ``blocking.py`` with ``await``."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
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


class AwaitingDriver:
    """Sends what flows ask for over one pool of connections, in one event loop."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def run(self, flow: Flow[T]) -> T:
        """What the flow returns."""
        hands = _Hands(self._http)
        try:
            action = next(flow)
            while True:
                assert not isinstance(action, Give)
                result, error = await hands.outcome(action)
                action = flow.send(result) if error is None else flow.throw(error)
        except StopIteration as stop:
            value: T = stop.value
            return value
        finally:
            await hands.close()
            flow.close()

    async def iterate(self, flow: Flow[None]) -> AsyncIterator[Any]:
        """What the flow gives, one by one."""
        hands = _Hands(self._http)
        try:
            action = next(flow)
            while True:
                if isinstance(action, Give):
                    yield action.item
                    action = flow.send(None)
                    continue
                result, error = await hands.outcome(action)
                action = flow.send(result) if error is None else flow.throw(error)
        except StopIteration:
            return
        finally:
            await hands.close()
            flow.close()

    async def close(self) -> None:
        await self._http.aclose()


class _Hands:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._opened: httpx.Response | None = None
        self._pieces: AsyncIterator[bytes] | None = None

    async def outcome(self, action: Action) -> tuple[Any, Exception | None]:
        """The action's result, or what it raised: a coroutine could not let the end of a generator pass."""
        try:
            return await self._do(action), None
        except Exception as error:  # noqa: BLE001 - the flow decides
            return None, error

    async def _do(self, action: Action) -> Any:
        match action:
            case Send(request):
                response = await self._http.send(request.build(self._http))
                return Answer(response.status_code, response.headers, response.content)
            case Open(request):
                return await self._open(request)
            case Read():
                return None if self._pieces is None else await anext(self._pieces, None)
            case Close():
                return await self.close()
            case Pause(seconds):
                return await asyncio.sleep(seconds)
            case Tell(function, argument):
                result = function(argument)
                return await result if inspect.isawaitable(result) else result
        raise AssertionError(action)

    async def _open(self, request: Outgoing) -> Answer:
        await self.close()
        response = await self._http.send(request.build(self._http), stream=True)
        self._opened = response
        if response.status_code >= 400:
            return Answer(response.status_code, response.headers, await response.aread())
        self._pieces = response.aiter_bytes()
        return Answer(response.status_code, response.headers)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.aclose()
            self._opened = None
            self._pieces = None
