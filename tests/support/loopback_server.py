"""A server on loopback that answers as it is told: whole, cut, slow, compressed, with any status and header."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def token(self) -> str | None:
        return self.headers.get("authorization")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Said:
    """`cut` closes the connection after that many bytes of the body, `drip` sends one byte of a header at a time for ever."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    drip: bool = False
    length: int | None = None


Answering = Callable[[Asked], Said]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many may knock at once

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: Answering = lambda asked: Said([])
        self.asked: list[Asked] = []
        self.ended = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are what some tests are about."""

    def script(self, *said: Said) -> None:
        """Give these answers one after the other, the last one for ever."""
        left = list(said)
        lock = threading.Lock()

        def answer(asked: Asked) -> Said:
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.answer = answer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> None:
        length = int(self.headers.get("content-length", 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers,
            self.rfile.read(length),
        )
        self.server.asked.append(asked)
        said = self.server.answer(asked)
        if said.drip:
            self._drip()
            return
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        if said.status in (204, 304):
            body = b""
        self.send_response_only(said.status)  # no date but the one that a test gives
        for name, value in {"content-type": "application/json", **said.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body) if said.length is None else said.length))
        self.end_headers()
        self.wfile.write(body if said.cut is None else body[: said.cut])
        if said.cut is not None:
            self.close_connection = True

    do_GET = do_POST = _serve  # noqa: N815 - the library finds them by these names

    def _drip(self) -> None:
        with suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
            while not self.server.ended.is_set():
                self.wfile.write(b"a")
                self.wfile.flush()
                time.sleep(0.01)
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


class FakeClock:
    """Sleeping passes at once, and is remembered. Its wall clock starts on 2 March 2026, 10:00 UTC."""

    def __init__(self) -> None:
        self.start = 1_772_445_600.0
        self.passed = 0.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        return self.start + self.passed

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.passed += seconds
