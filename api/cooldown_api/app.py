"""The application: routes, errors as problems, what every request passes through. It trains nothing, and never imports torch or ray.

A process starts it with :func:`create_app`; the workers are processes of their own (`worker/`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from cooldown_api.http.error_handlers import add_error_handlers
from cooldown_api.http.openapi_document import describe_api
from cooldown_api.http.threads import limit_request_threads
from cooldown_api.middleware import add_middleware
from cooldown_api.observe import routes as observe_routes
from cooldown_api.openai import routes as openai_routes
from cooldown_api.retention.sweeper import Sweeper
from cooldown_api.routes import ROUTERS
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from cooldown_api.ui import routes as ui_routes
from cooldown_api.warm_up import warm_up
from cooldown_api.webhooks.dispatcher import Dispatcher
from cooldown_kit import __version__


def create_app(settings: Settings, service: Service | None = None) -> FastAPI:
    """The application, ready for any ASGI server. The service is opened at the start, unless one is given."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = service or Service.open(settings)
        app.state.service = opened
        await run_in_threadpool(warm_up, settings)
        limit_request_threads(settings.request_threads)
        # who brings a service of their own decides what runs beside it
        beside: list[Dispatcher | Sweeper] = []
        if service is None:
            beside = [Dispatcher(opened.database, settings), Sweeper(opened.database, settings)]
        await opened.hub.start()
        for thread in beside:
            thread.start()
        try:
            yield
        finally:
            await opened.hub.stop()
            for thread in beside:
                await run_in_threadpool(thread.stop)
            if service is None:
                opened.close()

    app = FastAPI(title="cooldown-kit", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.settings = settings
    add_error_handlers(app)
    add_middleware(app, settings)
    for router in (*ROUTERS, *openai_routes.ROUTERS):
        app.include_router(router, prefix="/v1")
    for router in (observe_routes.router, *ui_routes.ROUTERS):
        app.include_router(router, include_in_schema=False)
    describe_api(app)
    return app
