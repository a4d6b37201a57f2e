"""Errors in GraphQL answers, whose status is 200 all the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

_LIMITS: Final = frozenset({"RATE_LIMITED", "RATE_LIMIT", "RATE_LIMIT_EXCEEDED"})
_HEAVY: Final = frozenset(
    {"MAX_NODE_LIMIT_EXCEEDED", "RESOURCE_LIMITS_EXCEEDED", "TIMEOUT", "EXECUTION_TIMEOUT", "REQUEST_TIMEOUT"}
)
_REFUSED: Final = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "UNAUTHORIZED", "UNAUTHENTICATED"})
_SECONDARY = re.compile(r"secondary rate limit|abuse detection", re.IGNORECASE)
_LIMIT_TEXT = re.compile(r"rate limit(?: already)? exceeded", re.IGNORECASE)
_HEAVY_TEXT = re.compile(
    r"something went wrong while executing your query|timed? ?out|timeout|exceeds max(?:imum)? complexity|"
    r"node limit|couldn't respond to your request in time|resource limits",
    re.IGNORECASE,
)
_MOST: Final = 20


Kind = Literal["primary", "secondary", "heavy", "not_found", "refused", "other", "partial"]
_WORST_FIRST: Final[tuple[Kind, ...]] = ("secondary", "primary", "heavy")


@dataclass(frozen=True)
class Trouble:
    """What the errors of an answer mean.

    ``partial`` means that there are data beside the errors.
    """

    kind: Kind
    said: str


def trouble(data: Any) -> Trouble | None:
    """What is wrong with an answer, or ``None``. The worst error counts: what comes beside a limit is not whole."""
    errors = data.get("errors") if isinstance(data, Mapping) else None
    if not isinstance(errors, list) or not errors:
        return None
    kinds = [_kind(error) for error in errors[:_MOST]]
    said = "; ".join(dict.fromkeys(_said(error) for error in errors[:_MOST]))
    for kind in _WORST_FIRST:
        if kind in kinds:
            return Trouble(kind, said)
    if _has_data(data.get("data")):
        return Trouble("partial", said)
    return Trouble("refused" if "refused" in kinds else kinds[0], said)


def _kind(error: Any) -> Kind:
    if not isinstance(error, Mapping):
        return "other"
    extensions = error.get("extensions")
    codes = {str(error.get("type", "")).upper()}
    if isinstance(extensions, Mapping):
        codes |= {str(extensions.get(name, "")).upper() for name in ("code", "type")}
    text = _said(error)
    if _SECONDARY.search(text):
        return "secondary"
    if codes & _LIMITS or _LIMIT_TEXT.search(text):
        return "primary"
    if codes & _HEAVY or _HEAVY_TEXT.search(text):
        return "heavy"
    if codes & _REFUSED:
        return "refused"
    return "not_found" if "NOT_FOUND" in codes else "other"


def _said(error: Any) -> str:
    return str(error.get("message", ""))[:500] if isinstance(error, Mapping) else str(error)[:500]


def _has_data(data: Any) -> bool:
    return isinstance(data, Mapping) and any(
        value is not None for name, value in data.items() if name != "rateLimit"
    )
