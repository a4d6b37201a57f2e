"""Bounds the bodies of requests: by what they declare, and by counting what comes, so that chunks cannot go around it."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cooldown_api.http.error_handlers import answer
from cooldown_api.problems import ProblemError
from cooldown_api.settings import LimitSettings

_UPLOADS: Final = re.compile(r"/v1/files|/v1/uploads/[^/]+/parts")
_FORM_BYTES: Final = 1 << 20
"""What a form adds around the file in it."""


class BodyLimit:
    """Pure ASGI. The routes of uploads have a limit of their own."""

    def __init__(self, app: ASGIApp, limits: LimitSettings) -> None:
        self.app = app
        self.limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self._limit(scope)
        if _declared(scope) > limit:
            await _refuse(scope, receive, send, limit)
            return
        read, over, started = 0, False, False

        async def counted() -> Message:
            nonlocal read, over
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > limit:
                    over = True
                    # the one kind of error that FastAPI lets through while it reads a body
                    raise HTTPException(413)
            return message

        async def unless_over(message: Message) -> None:
            nonlocal started
            if over and not started:
                return  # ours is sent in place of what the application made of it
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counted, unless_over)
        except Exception:
            if not over or started:
                raise
        if over and not started:
            await _refuse(scope, receive, send, limit)

    def _limit(self, scope: Scope) -> int:
        if scope["method"] == "POST" and _UPLOADS.fullmatch(scope["path"]):
            return self.limits.upload_bytes + _FORM_BYTES
        return self.limits.body_bytes


def _declared(scope: Scope) -> int:
    given = Headers(scope=scope).get("content-length", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 20 else 0


async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    problem = ProblemError(
        "body-too-large",
        f"the body is larger than {limit} bytes",
        remedy="send less, or upload large files in parts (/v1/uploads)",
        headers={"Connection": "close"},
    )
    await answer(Request(scope), problem)(scope, receive, send)
