"""Routes of pages: what goes wrong below them is a page too, and who is not signed in is asked to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException

from cooldown_api.problems import ProblemError
from cooldown_api.ui.page import page_for_anybody
from cooldown_kit.errors import CooldownError

_log = logging.getLogger("cooldown.ui")


class PageRoute(APIRoute):
    """As FastAPI's, with problems as HTML."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except (
                ProblemError,
                CooldownError,
                RequestValidationError,
                HTTPException,
                OperationalError,
            ) as error:
                return problem_page(request, as_problem(error))
            except Exception as error:  # noqa: BLE001 - the page says so, the log says what
                _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
                return problem_page(
                    request,
                    ProblemError("internal", "Something went wrong here; the log of the service says more"),
                )

        return answer


def as_problem(error: Exception) -> ProblemError:
    """The problem that an error of a route is."""
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, CooldownError):
        code = "unavailable" if error.exit_code == 4 else "recipe"
        return ProblemError(code, error.what, where=error.where, remedy=error.remedy)
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return ProblemError("validation", f"{where}: {first['msg']}", where=where)
    if isinstance(error, HTTPException):
        code = {413: "body-too-large", 404: "not-found"}.get(error.status_code, "bad-request")
        return ProblemError(code, str(error.detail))
    return ProblemError(
        "unavailable", "The database does not answer now", remedy="try again", headers={"Retry-After": "2"}
    )


def problem_page(request: Request, error: ProblemError) -> Response:
    """The problem in a page; of somebody who is not signed in, the way to sign in."""
    if error.kind.code == "not-authenticated" and request.method == "GET":
        there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(there, safe='')}", 303)
    answer = page_for_anybody(
        request,
        "problem.html.j2",
        status=error.kind.status,
        problem=error,
        request_id=getattr(request.state, "request_id", None),
    )
    answer.headers.update(error.headers)
    return answer
