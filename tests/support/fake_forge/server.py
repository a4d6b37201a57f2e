"""An HTTP server on loopback in front of a forge that does not exist, with faults on order."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A question that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Any
    """Its JSON, ``None`` without a body."""
    pairs: Sequence[tuple[str, str]]
    """The query with repeats, in order."""
    base: str
    """Where this server answers: URLs in answers start with it."""

    def number(self, name: str, default: int) -> int:
        return int(self.query.get(name, default))


@dataclass(frozen=True)
class Told:
    """An answer. ``data`` is sent as JSON unless it is bytes."""

    data: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        if isinstance(self.data, bytes):
            return self.data
        return b"" if self.data is None else json.dumps(self.data).encode()


class Front(Protocol):
    """A forge's own words for a world."""

    def answer(self, asked: Asked) -> Told: ...


Fault = Callable[[Asked, Told], "Told | bytes | None"]
"""From the question and the right answer to what is sent instead: another answer, raw bytes after which the connection ends, or
``None`` to end it without a word."""


@dataclass
class FakeForge:
    """A context manager. ``faults`` maps the number of a question (from 1, whichever it is) to what goes wrong with it; ``always``
    sees every other one. Everything that was asked is in ``asked``."""

    front: Front
    faults: Mapping[int, Fault] = field(default_factory=dict)
    always: Fault | None = None
    before: Callable[[int, Asked], None] | None = None
    """Called before a question is answered, so that the world may change while it is read."""
    prefix: str = ""
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._complaint: BaseException | None = None
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.prefix}"

    def __enter__(self) -> Self:
        forge = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # or each body waits for its head to be acknowledged

            def do_GET(self) -> None:
                forge._serve(self)

            def do_POST(self) -> None:
                forge._serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        if (
            self._complaint is not None
        ):  # a question that the forge does not document: nothing else matters then
            raise self._complaint

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("content-length") or 0)
        body = handler.rfile.read(length)
        parts = urlsplit(handler.path)
        asked = Asked(
            handler.command,
            parts.path.removeprefix(self.prefix),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in handler.headers.items()},
            json.loads(body) if body else None,
            parse_qsl(parts.query, keep_blank_values=True),
            self.url,
        )
        with self._lock:  # one world, one moment
            self.asked.append(asked)
            number = len(self.asked)
            try:
                if self.before is not None:
                    self.before(number, asked)
                told = self.front.answer(asked)
            except Exception as error:  # noqa: BLE001 - raised where the test can see it
                self._complaint = self._complaint or error
                told = Told({"message": f"{type(error).__name__}: {error}"}, 400)
            fault = self.faults.get(number, self.always)
            sent = told if fault is None else fault(asked, told)
        self._send(handler, sent)

    def _send(self, handler: BaseHTTPRequestHandler, sent: Told | bytes | None) -> None:
        if not isinstance(sent, Told):
            if sent:
                handler.wfile.write(sent)
            handler.close_connection = True
            return
        content = sent.content
        handler.send_response_only(sent.status)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Date": handler.date_time_string(),  # unless the world has a clock of its own
            **sent.headers,
        }
        headers.setdefault("Content-Length", str(len(content)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)
        if int(headers["Content-Length"]) != len(content):
            handler.close_connection = True


# Faults


def status(code: int, message: str = "", **headers: str) -> Fault:
    """Another status, with a message as forges have them; header names have underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked, told: Told({"message": message}, code, named)


def primary_limit(seconds: int = 60) -> Fault:
    """403 with an empty quota that is filled again after so many seconds."""
    return lambda asked, told: Told(
        {"message": "API rate limit exceeded"},
        403,
        {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": str(int(time.time()) + seconds),
        },
    )


def cut_json(asked: Asked, told: Told) -> Told:
    """The first half of the JSON, said to be the whole."""
    return Told(told.content[: len(told.content) // 2] or b"{", told.status, told.headers)


def cut_body(asked: Asked, told: Told) -> Told:
    """A body that ends before its announced length."""
    content = told.content
    return Told(
        content[: len(content) // 2], told.status, {**told.headers, "Content-Length": str(len(content) + 7)}
    )


def hang_up(asked: Asked, told: Told) -> None:
    """The connection ends without an answer."""


def elsewhere(asked: Asked, told: Told) -> Told:
    """A redirect to another host, where a token has no business."""
    return Told(None, 302, {"Location": "https://elsewhere.example/steal"})


def twice(asked: Asked, told: Told) -> Told:
    """A page that holds each of its things two times, as pages do that overlap behind a forge's load balancer."""

    def doubled(data: Any) -> Any:
        if isinstance(data, list):
            return [one for one in data for _ in range(2)]
        if not isinstance(data, dict):
            return data
        names = [name for name in ("values", "value", "nodes") if isinstance(data.get(name), list)]
        if names:
            return {**data, names[0]: doubled(data[names[0]])}
        inside = [
            name for name in ("data", "repository", "pullRequests", "issues", "discussions") if name in data
        ]
        return {**data, inside[0]: doubled(data[inside[0]])} if inside else data

    return Told(doubled(told.data), told.status, told.headers)


def too_heavy(most: int, *names: str) -> Fault:
    """502 for every page of more than so many items, whatever the parameter is called; GraphQL says it in its variables."""

    def fault(asked: Asked, told: Told) -> Told:
        sizes = [int(asked.query[name]) for name in names if asked.query.get(name, "").isdigit()]
        if isinstance(asked.body, dict) and "variables" not in asked.body:
            return told  # a query whose answer is numbers only
        variables = (asked.body or {}).get("variables") or {} if isinstance(asked.body, dict) else {}
        sizes += [int(variables[name]) for name in names if isinstance(variables.get(name), int)]
        return Told(b"<html>Bad Gateway</html>", 502) if any(size > most for size in sizes) else told

    return fault


def link_header(asked: Asked, page: int, last: int, *, page_name: str = "page") -> dict[str, str]:
    """A ``Link`` header as GitHub, GitLab and Gitea send it; empty where there is one page only."""
    target = asked.base + asked.path

    def to(number: int) -> str:
        query = "&".join(f"{n}={v}" for n, v in {**asked.query, page_name: str(number)}.items())
        return f"{target}?{query}"

    links = []
    if page < last:
        links += [f'<{to(page + 1)}>; rel="next"', f'<{to(last)}>; rel="last"']
    if page > 1:
        links += [f'<{to(page - 1)}>; rel="prev"', f'<{to(1)}>; rel="first"']
    return {"Link": ", ".join(links)} if links else {}


def routed(routes: Sequence[tuple[str, Callable[..., Told]]], asked: Asked) -> Told:
    """The answer of the first route whose pattern is the path; its groups are arguments."""
    for pattern, handler in routes:
        match = re.fullmatch(pattern, asked.path)
        if match is not None:
            return handler(asked, *match.groups())
    return Told({"message": "Not Found"}, 404)
