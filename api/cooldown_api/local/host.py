"""Runs a service in threads of this process, with its worker as a process beside it. It touches neither signals nor logging."""

from __future__ import annotations

import math
import socket
import threading
from contextlib import ExitStack
from typing import Final

import uvicorn

from cooldown_api.app import create_app
from cooldown_api.local.place import Lock, new_socket, tell
from cooldown_api.retention.sweeper import Sweeper
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from cooldown_api.webhooks.dispatcher import Dispatcher
from cooldown_api.worker.embedded import EmbeddedWorker
from cooldown_kit.errors import StorageError

_START: Final = 60.0
_STOP: Final = 10.0


class Host:
    """:meth:`start` once, :meth:`stop` once; the lock is released at the end."""

    def __init__(self, settings: Settings, lock: Lock, *, drain: bool) -> None:
        self._settings = settings
        self._drain = drain
        self._stack = ExitStack()
        self._stack.callback(lock.release)
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether its server runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> str:
        """Begin to serve; returns the socket's path. What was begun is ended again by :meth:`stop`, also after an error."""
        listener, path = new_socket(self._settings.data_dir)
        self._stack.callback(path.unlink, missing_ok=True)
        self._stack.callback(listener.close)
        service = Service.open(self._settings)
        self._stack.callback(service.close)
        dispatcher = Dispatcher(service.database, self._settings)
        dispatcher.start()
        self._stack.callback(dispatcher.stop)
        sweeper = Sweeper(service.database, self._settings)
        sweeper.start()
        self._stack.callback(sweeper.stop)
        server = _Server(service, math.ceil(self._settings.shutdown_seconds))
        self._thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="cooldown-local", daemon=True
        )
        self._thread.start()
        self._stack.callback(self._thread.join, _STOP)
        self._stack.callback(server.end)
        if not server.ready.wait(_START) or not self.alive:
            raise StorageError("the local service did not start", where=str(self._settings.data_dir))
        if self._settings.worker.slots:
            worker = EmbeddedWorker(self._settings, drain=self._drain)
            worker.start()
            self._stack.callback(worker.stop)
        tell(self._settings.data_dir, path)
        return str(path)

    def stop(self) -> None:
        """The worker first, then streams and server, then what they stand on."""
        self._stack.close()


class _Server(uvicorn.Server):
    def __init__(self, service: Service, shutdown_seconds: int) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(service.settings, service),
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=shutdown_seconds,
            )
        )
        self._service = service
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()

    def end(self) -> None:
        self._service.hub.close()
        self.should_exit = True
