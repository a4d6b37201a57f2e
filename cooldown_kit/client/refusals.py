"""Answers that say no, as typed errors."""

from __future__ import annotations

import json
from typing import Any

from cooldown_kit.client.actions import Answer
from cooldown_kit.client.errors import ApiError, ClientError, UnexpectedAnswer, error_type
from cooldown_kit.client.wire import FieldProblem

_LONGEST_TEXT = 500


def error_of(answer: Answer) -> ClientError:
    """The error that an answer stands for; one that no service of ours gave (a proxy's page) keeps its first words."""
    if answer.status < 400:
        return UnexpectedAnswer(
            f"the service answered with status {answer.status}"
            + (f", towards {answer.headers['location']}" if "location" in answer.headers else ""),
            remedy="use the address of the service itself: the client follows no redirects, its key would go along",
        )
    problem = _json(answer)
    code = _text(problem.get("code"))
    member = problem.get("error")
    detail = (
        _text(problem.get("detail"))
        or (_text(member.get("message")) if isinstance(member, dict) else None)
        or _first_words(answer)
        or f"the service answered with status {answer.status}"
    )
    kind: type[ApiError] = error_type(answer.status, code)
    return kind(
        answer.status,
        detail,
        code=code,
        where=_text(problem.get("where")),
        remedy=_text(problem.get("remedy")),
        errors=_fields(problem.get("errors")),
        request_id=_text(problem.get("request_id")) or answer.headers.get("x-request-id"),
    )


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _fields(found: Any) -> list[FieldProblem]:
    if not isinstance(found, list):
        return []
    return [
        FieldProblem.model_validate(item)
        for item in found
        if isinstance(item, dict)
        and isinstance(item.get("where"), str)
        and isinstance(item.get("message"), str)
    ]


def _first_words(answer: Answer) -> str | None:
    """Of an answer in plain text; pages are markup, and say nothing here."""
    if not answer.headers.get("content-type", "").startswith("text/plain"):
        return None
    return " ".join(answer.content[:_LONGEST_TEXT].decode("utf-8", "replace").split()) or None
