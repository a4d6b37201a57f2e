"""Routes that answer as OpenAI does where the native ones differ: what is wrong with a value is a 400, with its `code` and `param`."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from cooldown_api.problems import ProblemError, documented
from cooldown_kit.client.wire import FieldProblem

_TYPE = re.compile(r"literal\[.*\]|constrained-\w+|int|float|str")
"""Pydantic names the branch of a union in the place of an error; a client knows fields only."""
_CODES = {"missing": "missing_required_parameter", "extra_forbidden": "unknown_parameter"}
_EVERYWHERE = (
    "bad-request",
    "not-authenticated",
    "not-allowed",
    "validation",
    "too-many-requests",
    "unavailable",
)


class OpenAIRoute(APIRoute):
    """An ``APIRoute`` whose 422 are 400."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                raise _of_validation(error) from None
            except ProblemError as error:
                if error.kind.status != 422:
                    raise
                raise _as_bad_request(error) from None

        return handle


def may_answer(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The ``responses=`` of a route of this class, with those problems of its own."""
    return documented(*_EVERYWHERE, *codes)


def _of_validation(error: RequestValidationError) -> ProblemError:
    """The values that were sent are not repeated: one of them may be a secret in the wrong place."""
    items = error.errors()
    if any(item["type"] == "json_invalid" for item in items):
        return ProblemError("bad-request", "the body is no JSON", openai_code="invalid_json")
    found = [FieldProblem(where=_place(item["loc"]), message=str(item["msg"])) for item in items]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return ProblemError(
        "bad-request",
        f"{found[0].where}: {found[0].message}{more}",
        param=found[0].where,
        errors=found,
        openai_code=_CODES.get(str(items[0]["type"]), "invalid_value"),
    )


def _place(location: Any) -> str:
    parts = [str(part) for part in location if _TYPE.fullmatch(str(part)) is None]
    return ".".join(parts[1:] or parts)


def _as_bad_request(error: ProblemError) -> ProblemError:
    return ProblemError(
        "bad-request",
        error.detail,
        where=error.where,
        remedy=error.remedy,
        errors=error.errors,
        param=error.param,
        openai_code=error.openai_code or error.kind.code.replace("-", "_"),
        headers=error.headers,
    )


def unsupported(
    param: str, detail: str, *, remedy: str | None = None, code: str = "unsupported_parameter"
) -> ProblemError:
    """Nothing that a client asks for is left out in silence."""
    return ProblemError("bad-request", detail, param=param, remedy=remedy, openai_code=code)


def invalid(
    param: str, detail: str, *, remedy: str | None = None, code: str = "invalid_value"
) -> ProblemError:
    return ProblemError("bad-request", detail, param=param, remedy=remedy, openai_code=code)
