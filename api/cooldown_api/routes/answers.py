"""The problems that routes answer with, for the API's own description."""

from __future__ import annotations

from typing import Any, Final

from cooldown_api.problems import documented


def may_answer(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The problems of a route that asks who the caller is, with those of its own."""
    return documented(*_EVERYWHERE, *codes)


def may_answer_body(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The problems of a route that takes a body."""
    return documented(*_EVERYWHERE, "bad-request", "body-too-large", *codes)


def may_answer_creating(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The problems of a route that submits jobs."""
    return may_answer_body(
        "refused", "quota-exceeded", "queue-full", "recipe", "idempotency-mismatch", *codes
    )


_EVERYWHERE: Final = ("not-authenticated", "not-allowed", "too-many-requests", "unavailable", "validation")
