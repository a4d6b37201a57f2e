"""The service behind a real server on loopback: in a thread of the test, or as the command in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from cooldown_api.app import create_app
from cooldown_api.service import Service
from cooldown_api.settings import Settings

_START = 30.0


class LiveServer:
    """In a thread of the test. It can be stopped, and started again at the same address with a service of its own, as a new process would."""

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self._settings = settings
        self._port = port
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        self.service = Service.open(self._settings)
        self._listening = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listening.getsockname()[1]
        self._server = _Server(
            uvicorn.Config(
                create_app(self._settings, self.service),
                log_level="warning",
                timeout_graceful_shutdown=3,
                lifespan="on",
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listening]}, daemon=True
        )
        self._thread.start()
        self._server.ready.wait(_START)
        assert self._server.started, "the server did not start"

    def stop(self) -> None:
        """Streams are ended, as a signal does it, and the server is gone."""
        self.service.hub.close()
        self._server.should_exit = True
        self._thread.join(_START)
        assert not self._thread.is_alive(), "the server did not stop"
        self._listening.close()
        self.service.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.ready.set()


@contextmanager
def live_api(settings: Settings, port: int = 0) -> Iterator[tuple[str, Service]]:
    """The address of a :class:`LiveServer`, and the service that answers there, for the length of a block."""
    server = LiveServer(settings, port)
    try:
        yield server.url, server.service
    finally:
        server.stop()


@dataclass
class LiveCommand:
    """`cooldown serve` in a process of its own."""

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[dict[str, Any]] = field(default_factory=list)
    """What it logged."""

    @property
    def messages(self) -> list[str]:
        return [str(line["message"]) for line in self.lines]


@contextmanager
def live_command(folder: Path, *arguments: str, **environment: str) -> Iterator[LiveCommand]:
    """Started, and ready to answer; ended with the block by SIGTERM, if it has not ended before."""
    command = [sys.executable, "-m", "cooldown_kit.cli", "serve", "--port", "0", *arguments]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("COOLDOWN_")}
    inherited |= {"COOLDOWN_DATA_DIR": str(folder / "data"), "COOLDOWN_LOG_FORMAT": "json", **environment}
    with subprocess.Popen(command, cwd=folder, env=inherited, stderr=subprocess.PIPE, text=True) as process:
        live, reader = LiveCommand(process), None
        try:
            assert process.stderr is not None
            for text in process.stderr:
                live.lines.append(_line(text))
                if str(live.lines[-1]["message"]).startswith("serving on "):
                    live.url = live.lines[-1]["address"]
                    break
            else:
                raise AssertionError(f"the service did not start: {live.messages}")
            reader = threading.Thread(target=_read, args=(live,), daemon=True)
            reader.start()
            yield live
        finally:
            process.terminate()
            process.wait(60)
            if reader is not None:
                reader.join()


def _read(live: LiveCommand) -> None:
    assert live.process.stderr is not None
    for text in live.process.stderr:
        live.lines.append(_line(text))


def _line(text: str) -> dict[str, Any]:
    try:
        line: dict[str, Any] = json.loads(text)
    except ValueError:
        return {"message": text.rstrip()}
    return line
