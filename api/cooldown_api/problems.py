"""Errors as RFC 9457 problems that OpenAI's clients understand too. Every kind is declared here, and in docs/api-problems.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cooldown_kit.client import wire

MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """One kind of problem."""

    code: str
    status: int
    title: str
    retry: bool = False
    """Whether the same request may succeed later, by itself."""


_KINDS = (
    Kind("bad-request", 400, "The request is wrong"),
    Kind("not-authenticated", 401, "Nobody is signed in"),
    Kind("not-allowed", 403, "This is not allowed"),
    Kind("refused", 403, "The operator's policy refuses this"),
    Kind("quota-exceeded", 403, "The project's quota is used up"),
    Kind("not-found", 404, "There is no such thing here"),
    Kind("method-not-allowed", 405, "The method is not allowed"),
    Kind("not-acceptable", 406, "This form is not offered"),
    Kind("conflict", 409, "This is not possible in its present state"),
    Kind("gone", 410, "It is no longer kept"),
    Kind("body-too-large", 413, "The body is too large"),
    Kind("unsupported-media-type", 415, "The media type is not understood"),
    Kind("range-not-satisfiable", 416, "The range lies outside"),
    Kind("validation", 422, "A value is wrong"),
    Kind("recipe", 422, "The recipe is wrong"),
    Kind("idempotency-mismatch", 422, "The key was used for another request"),
    Kind("too-many-requests", 429, "Too many requests", retry=True),
    Kind("queue-full", 429, "The project has too many waiting jobs", retry=True),
    Kind("internal", 500, "An error of the service"),
    Kind("unavailable", 503, "The service is not ready", retry=True),
)
KINDS: Final[dict[str, Kind]] = {kind.code: kind for kind in _KINDS}

_OPENAI_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}


class ProblemError(Exception):
    """Raised anywhere below a route; becomes its answer."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        where: str | None = None,
        remedy: str | None = None,
        errors: list[wire.FieldProblem] | None = None,
        param: str | None = None,
        openai_code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[code]
        self.detail = detail
        self.where = where
        self.remedy = remedy
        self.errors = errors or []
        self.param = param
        self.openai_code = openai_code
        self.headers = headers or {}

    def problem(self, *, instance: str | None = None, request_id: str | None = None) -> wire.Problem:
        kind = self.kind
        return wire.Problem(
            type=f"urn:cooldown-kit:problem:{kind.code}",
            title=kind.title,
            status=kind.status,
            detail=self.detail,
            code=kind.code,
            instance=instance,
            where=self.where,
            remedy=self.remedy,
            errors=self.errors,
            request_id=request_id,
            error=wire.ErrorMember(
                message=f"{self.detail} ({self.remedy})" if self.remedy else self.detail,
                type=_OPENAI_TYPES.get(
                    kind.status, "invalid_request_error" if kind.status < 500 else "server_error"
                ),
                param=self.param or self.where,
                code=self.openai_code or kind.code.replace("-", "_"),
            ),
        )


def not_found(what: str, id: str) -> ProblemError:
    """Also for what belongs to another project: nobody learns that it exists."""
    return ProblemError("not-found", f"there is no {what} {id!r} in this project")


def documented(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The ``responses=`` of a route that may answer with these problems."""
    found: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        kind = KINDS[code]
        known = found.get(kind.status)
        text = (
            f"{known['description']} Or `{code}`: {kind.title.lower()}."
            if known
            else f"`{code}`: {kind.title.lower()}."
        )
        found[kind.status] = {
            "description": text,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return found
