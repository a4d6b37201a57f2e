"""The application behind a real uvicorn on loopback, that can be stopped and started again at the same address."""

from __future__ import annotations

import socket
import threading
import time

import uvicorn
from cooldown_api.app import create_app
from cooldown_api.service import Service
from cooldown_api.settings import Settings


class LiveServer:
    """In a thread of the test's process; each start has a service of its own, as a new process would."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self.service = Service.open(self.settings)
        app = create_app(self.settings, self.service)
        config = uvicorn.Config(
            app, host="127.0.0.1", port=self.port, log_level="warning", timeout_graceful_shutdown=2
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        end = time.monotonic() + 30
        while not self._server.started:
            assert self._thread.is_alive() and time.monotonic() < end, "the server does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self.service.hub.close()  # as a signal does: streams end
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server does not stop"
        self.service.close()
