"""A small application behind the real layers: what they promise does not depend on our routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.http.error_handlers import add_error_handlers
from cooldown_api.middleware import add_middleware
from cooldown_api.settings import Settings
from fastapi import Body, FastAPI, Request
from fastapi.responses import StreamingResponse
from fastapi.testclient import TestClient

MakeClient = Callable[..., TestClient]


@pytest.fixture
def make_client(tmp_path: Path) -> MakeClient:
    def make(**settings: Any) -> TestClient:
        given = Settings(data_dir=tmp_path, **{"auth": "none", "allowed_hosts": ["testserver"], **settings})
        return TestClient(_application(given), raise_server_exceptions=False)

    return make


def _application(settings: Settings) -> FastAPI:
    app = FastAPI()
    app.state.settings = settings
    add_error_handlers(app)
    add_middleware(app, settings)

    @app.get("/v1/things/{id}")
    def thing(id: str, request: Request) -> dict[str, Any]:
        return {"id": id, "traceparent": request.state.traceparent}

    @app.get("/page")
    def page() -> StreamingResponse:
        headers = {"Content-Security-Policy": "default-src 'self'", "Cache-Control": "max-age=5"}
        return StreamingResponse(iter(["a"]), media_type="text/html", headers=headers)

    @app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError("ck_aaaaaaaa_" + "A" * 43)

    @app.get("/v1/half")
    def half() -> StreamingResponse:
        async def body() -> AsyncIterator[str]:
            yield "first"
            raise RuntimeError("in the middle")

        return StreamingResponse(body(), media_type="text/plain")

    @app.post("/v1/echo")
    def echo(body: dict[str, Any] = Body()) -> int:  # noqa: B008 - FastAPI's way
        return len(body)

    @app.post("/v1/files")
    async def files(request: Request) -> int:
        return sum([len(piece) async for piece in request.stream()])

    @app.get("/v1/stream")
    def stream(request: Request) -> StreamingResponse:
        async def events() -> AsyncIterator[str]:
            yield "data: 1\n\n"
            while not app.state.closing:
                await asyncio.sleep(0.01)

        return StreamingResponse(events(), media_type="text/event-stream")

    app.state.closing = False
    return app
