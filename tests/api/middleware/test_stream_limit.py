"""One caller cannot hold all the streams."""

from __future__ import annotations

import asyncio
from typing import Any

from cooldown_api.auth.principal import Principal
from cooldown_api.http.stream_limit import StreamLimit
from cooldown_api.settings import LimitSettings


def test_a_stream_more_than_allowed_is_refused_and_an_ended_one_makes_room() -> None:
    asyncio.run(_streams())


async def _streams() -> None:
    ending = asyncio.Event()

    async def application(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        await ending.wait()
        await send({"type": "http.response.body", "body": b""})

    limited = StreamLimit(application, LimitSettings(streams_per_key=2))

    async def ask(actor: str) -> list[int]:
        status: list[int] = []

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        scope["state"] = {"principal": Principal(actor, "alpha", "viewer")}
        await limited(scope, _nothing, send)
        return status

    async def _nothing() -> Any:
        await asyncio.Event().wait()

    first = [asyncio.create_task(ask("key:a")) for _ in range(2)]
    await asyncio.sleep(0)
    assert await ask("key:a") == [429]
    other = asyncio.create_task(ask("key:b"))
    await asyncio.sleep(0)
    ending.set()
    assert [await task for task in (*first, other)] == [[200], [200], [200]]
    assert await ask("key:a") == [200]
    assert not limited.open
