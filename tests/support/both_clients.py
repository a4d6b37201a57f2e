"""One test for both clients: the awaiting one looks like the blocking one here."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

from cooldown_kit.client.client import AsyncClient
from cooldown_kit.client.job import AsyncJob
from cooldown_kit.client.resource import AwaitingCalls

_WRAPPED = (AsyncClient, AsyncJob, AwaitingCalls)


def _bare(value: Any) -> Any:
    return value._thing if isinstance(value, Awaited) else value


class Awaited:
    """Calls coroutines to their end, and iterates what is asynchronous."""

    def __init__(self, thing: Any, runner: asyncio.Runner) -> None:
        self._thing = thing
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        return self._plain(getattr(self._thing, name))

    def _plain(self, value: Any) -> Any:
        if isinstance(value, _WRAPPED):
            return Awaited(value, self._runner)
        if inspect.isroutine(value):
            return lambda *given, **named: self._plain(
                value(*map(_bare, given), **{k: _bare(v) for k, v in named.items()})
            )
        if inspect.iscoroutine(value):
            return self._plain(self._runner.run(value))
        return self._each(value) if isinstance(value, AsyncIterator) else value

    def _each(self, iterator: AsyncIterator[Any]) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._plain(self._runner.run(anext(iterator)))  # type: ignore[arg-type]
                except StopAsyncIteration:
                    return
        finally:
            self._runner.run(iterator.aclose())  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return repr(self._thing)
