"""Bounds the event streams that one caller holds open. It knows a stream by its media type, whatever route it is of."""

from __future__ import annotations

from collections import Counter

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cooldown_api.http.error_handlers import answer
from cooldown_api.problems import ProblemError
from cooldown_api.settings import LimitSettings


class _TooMany(Exception):
    """Ends the application's stream."""


class StreamLimit:
    """Pure ASGI. Lives in one event loop, so that counting needs no lock."""

    def __init__(self, app: ASGIApp, limits: LimitSettings) -> None:
        self.app = app
        self.most = limits.streams_per_key
        self.open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        counted: str | None = None
        refused = False

        async def watched(message: Message) -> None:
            nonlocal counted, refused
            if refused:
                raise _TooMany
            if message["type"] == "http.response.start" and _is_stream(message):
                caller = _caller(scope)
                if self.open[caller] >= self.most:
                    refused = True
                    raise _TooMany
                counted = caller
                self.open[caller] += 1
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception:
            if not refused:
                raise
        finally:
            self._free(counted)
        if refused:
            problem = ProblemError(
                "too-many-requests",
                f"{self.most} event streams are open already",
                remedy="close some",
                headers={"Retry-After": "5"},
            )
            await answer(Request(scope), problem)(scope, receive, send)

    def _free(self, caller: str | None) -> None:
        if caller is not None:
            self.open[caller] -= 1
            if not self.open[caller]:
                del self.open[caller]


def _is_stream(message: Message) -> bool:
    return Headers(raw=message["headers"]).get("content-type", "").startswith("text/event-stream")


def _caller(scope: Scope) -> str:
    principal = scope.get("state", {}).get("principal")
    if principal is not None:
        return str(principal.actor)
    client = scope.get("client")
    return client[0] if client else ""
