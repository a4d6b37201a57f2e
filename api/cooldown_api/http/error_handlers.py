"""Whatever is raised below a route becomes a problem (RFC 9457) with the words of the one who raised it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from cooldown_api.problems import MEDIA_TYPE, ProblemError
from cooldown_api.values import scrub
from cooldown_kit.client.wire import FieldProblem
from cooldown_kit.errors import CooldownError, RecipeError

_log = logging.getLogger("cooldown.api")
_MOST = 50
"""Problems of one request that are told."""
_LONGEST = 500
_BY_STATUS = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "body-too-large",
    415: "unsupported-media-type",
    416: "range-not-satisfiable",
}


def add_error_handlers(app: FastAPI) -> None:
    """Register a handler for each family of errors."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(CooldownError, _cooldown)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(Exception, _unexpected)


def answer(request: Request, error: ProblemError) -> JSONResponse:
    """The response of one problem. Clients of OpenAI try 409 and 429 again unless they are told not to."""
    request_id = getattr(request.state, "request_id", None)
    body = error.problem(instance=request.url.path, request_id=request_id)
    headers = {"x-should-retry": "true" if error.kind.retry else "false", **error.headers}
    if error.kind.status == 401:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="cooldown-kit"')
    return JSONResponse(
        body.model_dump(mode="json", exclude_none=True), error.kind.status, headers, MEDIA_TYPE
    )


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)
    return answer(request, error)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    """The values that were sent are not repeated: one of them may be a secret in the wrong place."""
    assert isinstance(error, RequestValidationError)
    found = [
        FieldProblem(where=scrub(_place(item["loc"]))[:_LONGEST], message=scrub(str(item["msg"]))[:_LONGEST])
        for item in error.errors()[:_MOST]
    ]
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return answer(request, ProblemError("bad-request", "the body is no JSON", errors=found))
    first = found[0]
    count = len(error.errors())
    more = f" (and {count - 1} more)" if count > 1 else ""
    return answer(
        request,
        ProblemError("validation", f"{first.where}: {first.message}{more}", where=first.where, errors=found),
    )


def _place(location: Sequence[Any]) -> str:
    parts = [str(part) for part in location]
    if parts[:1] in (["body"], ["query"], ["path"], ["header"]) and parts[1:]:
        parts = parts[1:]
    return ".".join(parts).encode("utf-8", "backslashreplace").decode()


async def _cooldown(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CooldownError)
    code = "recipe" if isinstance(error, RecipeError) else "unavailable" if error.exit_code == 4 else "recipe"
    return answer(request, ProblemError(code, error.what, where=error.where, remedy=error.remedy))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = _BY_STATUS.get(error.status_code, "bad-request" if error.status_code < 500 else "internal")
    details = {
        "not-found": f"there is nothing at {request.url.path}",
        "method-not-allowed": f"{request.method} is not offered here",
    }
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return answer(request, ProblemError(code, details.get(code, str(error.detail)), headers=headers))


def _methods(request: Request) -> set[str]:
    """All that is offered at the path: the router's own answer names those of one route only."""
    path = request.url.path
    return {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.path and compile_path(route.path)[0].match(path)
        for method in route.methods or ()
    }


async def _database(request: Request, error: Exception) -> JSONResponse:
    _log.warning("the database does not answer: %s", type(error).__name__)
    return answer(
        request,
        ProblemError(
            "unavailable",
            "the database does not answer now",
            remedy="try again",
            headers={"Retry-After": "2"},
        ),
    )


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(
        request, ProblemError("internal", "something went wrong here; the log of the service says more")
    )
