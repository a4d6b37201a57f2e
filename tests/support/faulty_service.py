"""A service on loopback that answers as a test tells it: whole, cut, slow, in pieces, or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """``cut`` closes the connection after that many bytes of the body; ``pieces`` are sent in chunks, ``torn`` without a last one.

    ``dropped`` closes without a word; ``held`` says nothing until the test ends.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    pieces: Sequence[bytes] | None = None
    torn: bool = False
    dropped: bool = False
    held: bool = False


def problem(status: int, code: str, detail: str = "no", **more: Any) -> Reply:
    """An error as the service says it."""
    headers = more.pop("headers", {})
    body = {
        "type": f"urn:cooldown-kit:problem:{code}",
        "title": "…",
        "status": status,
        "detail": detail,
        "code": code,
        "error": {"message": detail, "type": "invalid_request_error"},
        **more,
    }
    return Reply(body, status, {"content-type": "application/problem+json", **headers})


class FaultyService(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Reply] = lambda asked: problem(404, "not-found")
        self.over = threading.Event()

    def script(self, *replies: Reply) -> None:
        """Give these one after the other, the last one for ever."""
        left = list(replies)
        lock = threading.Lock()

        def answer(asked: Asked) -> Reply:
            with lock:
                return left.pop(0) if len(left) > 1 else left[0]

        self.answer = answer

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FaultyService

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, parts.path, parse_qsl(parts.query, keep_blank_values=True), headers, body)
        self.server.asked.append(asked)
        reply = self.server.answer(asked)
        if reply.held:
            self.server.over.wait(60)
        if reply.dropped or reply.held:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        if reply.pieces is not None:
            self._stream(reply)
            return
        content = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(content)),
            **reply.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: reply.cut])
        self.close_connection = reply.cut is not None

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - the library finds them by these names

    def _stream(self, reply: Reply) -> None:
        for name, value in {
            "content-type": "text/event-stream",
            "transfer-encoding": "chunked",
            **reply.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in reply.pieces or ():
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        if not reply.torn:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def faulty_service() -> Iterator[FaultyService]:
    server = FaultyService()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
