"""The layer around all that works: every request has an id, a line in the log, a place in the metrics, and an answer."""

from __future__ import annotations

import logging
import time
from typing import Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cooldown_api.http.error_handlers import answer
from cooldown_api.http.request_id import HEADER, request_id_of
from cooldown_api.observe.http_metrics import HttpMetrics
from cooldown_api.observe.telemetry import RequestTracer, traceparent_of
from cooldown_api.problems import ProblemError

_log = logging.getLogger("cooldown.requests")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_GONE: Final = 499
"""The client left before an answer (nginx's number)."""


class RequestContext:
    """Pure ASGI."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics, tracer: RequestTracer | None) -> None:
        self.app = app
        self.metrics = metrics
        self.tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id_of(headers.get(HEADER))
        exchange = _Exchange(scope, send, self.metrics)
        with structlog.contextvars.bound_contextvars(request_id=state["request_id"]):
            if self.tracer is None:
                state["traceparent"] = traceparent_of(headers)
                await self._answered(exchange, receive)
                return
            with self.tracer.span(scope, headers) as span:
                state["traceparent"] = span.traceparent
                await self._answered(exchange, receive)
                span.ended(exchange.route, exchange.status)

    async def _answered(self, exchange: _Exchange, receive: Receive) -> None:
        self.metrics.began()
        try:
            await self.app(exchange.scope, receive, exchange.send)
        except Exception as error:
            _log.exception("%s %s failed", exchange.method, exchange.route)
            if exchange.started:
                raise  # the server cuts the connection: the client sees that something is missing
            problem = answer(Request(exchange.scope), _unexpected(error))
            await problem(exchange.scope, receive, exchange.send)
        finally:
            self.metrics.ended()
            exchange.log()


class _Exchange:
    """One request and what is known of its answer."""

    def __init__(self, scope: Scope, send: Send, metrics: HttpMetrics) -> None:
        self.scope = scope
        self.method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.status = _GONE
        self.started = False
        self._send = send
        self._metrics = metrics
        self._began = time.perf_counter()

    @property
    def route(self) -> str:
        """The template: ``/v1/jobs/{id}``."""
        route = self.scope.get("route")
        included = self.scope.get("fastapi", {}).get("effective_route_context")
        if route is not None and included is not None and included.original_route is route:
            return str(included.path_format)
        return str(getattr(route, "path_format", None) or getattr(route, "path", "(none)"))

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            headers = MutableHeaders(scope=message)
            headers[HEADER] = self.scope["state"]["request_id"]
            allowance = self.scope["state"].get("allowance")
            if allowance is not None:
                for name, value in allowance.headers().items():
                    headers.setdefault(name, value)
            self._metrics.answered(self.method, self.route, self.status, self._seconds)
        await self._send(message)

    @property
    def _seconds(self) -> float:
        return time.perf_counter() - self._began

    def log(self) -> None:
        """One line: no query string, no body, nothing that could be a secret."""
        principal = self.scope["state"].get("principal")
        fields = {
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "ms": round(self._seconds * 1000, 1),
            "actor": principal.actor if principal else None,
            "project": principal.project if principal else None,
        }
        quiet = self.status < 400 and self.route in ("/metrics", "/v1/health", "/v1/ready")
        _log.log(logging.DEBUG if quiet else logging.INFO, "request", extra=fields)


def _unexpected(error: Exception) -> ProblemError:
    if isinstance(error, ProblemError):
        return error
    return ProblemError("internal", "something went wrong here; the log of the service says more")
