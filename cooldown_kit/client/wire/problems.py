"""What the service answers where it refuses or fails."""

from __future__ import annotations

from cooldown_kit.client.wire.bodies import Answer


class ErrorMember(Answer):
    """The error in the words of OpenAI's clients."""

    message: str
    type: str
    param: str | None = None
    code: str | None = None


class FieldProblem(Answer):
    where: str
    message: str


class Problem(Answer):
    """RFC 9457, with an ``error`` member for OpenAI's clients."""

    type: str
    """`urn:cooldown-kit:problem:{code}`; docs/api-problems.md explains each."""
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    where: str | None = None
    remedy: str | None = None
    errors: list[FieldProblem] = []
    request_id: str | None = None
    error: ErrorMember
