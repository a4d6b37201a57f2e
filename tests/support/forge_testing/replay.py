"""Serves recorded exchanges on loopback, so that a connector speaks HTTP to what a real forge once answered.

    with ReplayServer(load("ogr:github/test_pull_requests/PullRequests.test_pr_list"), ignoring={"per_page"}) as forge:
        connect(forge.url)
    assert not forge.unknown

Absolute URLs of the recorded hosts, in bodies and in headers (`Link`, `Location`), lead to the loopback address. URLs of
other hosts stay as they are: avatars, and github.com's pages in answers of api.github.com.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from forge_testing.recordings import Exchange

Key = tuple[str, str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Request:
    """A request that arrived. `query` keeps order and repeats; header names are in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str] = field(hash=False)
    body: bytes

    @property
    def target(self) -> str:
        """Path and query, for messages."""
        return self.path + ("?" + "&".join(f"{k}={v}" for k, v in self.query) if self.query else "")

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What `before` may answer in place of the recording: a refusal, a broken page, a delay it waited for itself."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json; charset=utf-8"),)


class ReplayServer:
    """A context manager; inside it `url` answers.

    A request matches a recording with the same method, path and query, in any order of the query, where `ignoring` names
    query parameters that do not count and `page=1` is the same as no page. Several recordings of one request are served
    in their order, and the last one from then on. A recording whose ETag the client sends back is answered with 304.
    Everything else gets 404 and lands in `unknown`; every request lands in `requests`. `before` sees each request first
    and may answer it.
    """

    def __init__(
        self,
        exchanges: Iterable[Exchange],
        *,
        ignoring: Collection[str] = (),
        before: Callable[[Request], Answer | None] | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self.unknown: list[Request] = []
        self._ignoring = frozenset(ignoring)
        self._before = before
        self._lock = threading.Lock()
        self._recorded: dict[Key, list[Exchange]] = {}
        hosts = set()
        for exchange in exchanges:
            parts = urlsplit(exchange.target)
            pairs = parse_qsl(parts.query, keep_blank_values=True)
            self._recorded.setdefault(self._key(exchange.method, parts.path, pairs), []).append(exchange)
            hosts.add(urlsplit(exchange.origin).hostname or "")
        names = "|".join(re.escape(host) for host in sorted(hosts))
        # A host ends where its name cannot go on: "https://api.github.com.example.org" is another one.
        self._absolute = re.compile(rf"https?://(?:{names})(?::\d+)?(?![\w.:-])") if hosts else None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """Scheme, address and port; recorded paths follow it ("/repos/…", "/api/v4/…")."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def targets(self) -> list[str]:
        """Method and target of every recording, to see what can be asked."""
        return [f"{each.method} {each.target}" for found in self._recorded.values() for each in found]

    def answer(self, request: Request) -> Answer:
        """The answer to a request, noted in `requests` and, where nothing is recorded, in `unknown`."""
        with self._lock:
            self.requests.append(request)
        if self._before is not None and (special := self._before(request)) is not None:
            return special
        with self._lock:
            waiting = self._recorded.get(self._key(request.method, request.path, request.query))
            if not waiting:
                self.unknown.append(request)
                return _not_recorded(request)
            exchange = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        headers = tuple((name, self._to_loopback(value)) for name, value in exchange.headers)
        tag = exchange.header("ETag")
        if tag is not None and request.method == "GET" and request.headers.get("if-none-match") == tag:
            return Answer(304, b"", headers)
        return Answer(exchange.status, self._to_loopback_body(exchange.body), headers)

    def _key(self, method: str, path: str, pairs: Iterable[tuple[str, str]]) -> Key:
        counted = (pair for pair in pairs if pair[0] not in self._ignoring and pair != ("page", "1"))
        return method, re.sub("%[0-9a-f]{2}", lambda code: code[0].upper(), path), tuple(sorted(counted))

    def _to_loopback(self, text: str) -> str:
        return self._absolute.sub(self.url, text) if self._absolute else text

    def _to_loopback_body(self, body: bytes) -> bytes:
        try:
            return self._to_loopback(body.decode()).encode()
        except UnicodeDecodeError:  # an archive or a picture
            return body

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        replay = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                parts = urlsplit(self.path)
                length = int(self.headers.get("Content-Length") or 0)
                request = Request(
                    self.command,
                    parts.path,
                    tuple(parse_qsl(parts.query, keep_blank_values=True)),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                )
                answer = replay.answer(request)
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                empty = answer.status in (204, 304)
                if not empty:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if not empty and self.command != "HEAD":
                    self.wfile.write(answer.body)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean; `requests` holds everything."""

        return Handler


def _not_recorded(request: Request) -> Answer:
    text = f"nothing is recorded for {request.method} {request.target}"
    return Answer(404, json.dumps({"message": text, "documentation_url": ""}).encode())
