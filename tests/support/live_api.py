"""The service behind a real server on loopback, in a thread of the test."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from cooldown_api.app import create_app
from cooldown_api.service import Service
from cooldown_api.settings import Settings


@contextmanager
def live_api(settings: Settings, port: int = 0) -> Iterator[tuple[str, Service]]:
    """Its address, and the service that answers there. At the end streams are ended and the server is gone."""
    service = Service.open(settings)
    listening = socket.create_server(("127.0.0.1", port))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, service), log_level="warning", timeout_graceful_shutdown=3, lifespan="on"
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            threading.Event().wait(0.02)
        yield address, service
    finally:
        service.hub.close()
        server.should_exit = True
        thread.join(30)
        listening.close()
        service.close()
