"""Refuses requests under a foreign name, and paths that no route could mean."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cooldown_api.auth.origin import is_own_host
from cooldown_api.http.error_handlers import answer
from cooldown_api.problems import ProblemError
from cooldown_api.settings import Settings

_PROBES: Final = ("/v1/health", "/v1/ready")
"""Asked by address: whoever watches a machine or a pod knows no name of it. They tell nothing."""


class HostCheck:
    """Pure ASGI. A page that made its name point to this machine still sends its own name (DNS rebinding)."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (problem := self._problem(scope)) is not None:
            await answer(Request(scope), problem)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _problem(self, scope: Scope) -> ProblemError | None:
        if "\x00" in scope["path"]:
            return ProblemError("not-found", "there is nothing at a path that holds a NUL")
        if scope["path"] in _PROBES or is_own_host(Headers(scope=scope).get("host", ""), self.settings):
            return None
        return ProblemError(
            "not-allowed",
            "this service is not reached under that name",
            where="Host",
            remedy="use its own address, or add the name to COOLDOWN_ALLOWED_HOSTS",
        )
