"""What an answer says of limits: how much is left, and how long to wait.

| forge | says |
| --- | --- |
| GitHub | ``x-ratelimit-limit``, ``-remaining``, ``-reset`` (epoch), ``-resource``; 403 or 429 where it is used up |
| GitLab | ``RateLimit-Limit``, ``-Remaining``, ``-Reset`` (epoch); 429 with ``Retry-After`` |
| Azure DevOps | ``X-RateLimit-*`` when it is near, ``Retry-After`` with 200 too; 429 |
| Bitbucket | 429, at times with ``X-RateLimit-Limit`` |
| Gitea, Forgejo | nothing; whatever stands before them may answer 429 |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Literal

LONGEST_SECONDS: Final = 24 * 3600.0
"""A forge that asks for more is not waited for: the harvest ends with what to do."""
_EPOCH: Final = 1_000_000_000
"""Smaller numbers are seconds from now (the IETF's draft), larger ones a moment."""
_SECONDARY = re.compile(
    r"secondary rate limit|abuse[ -](?:detection|rate)|temporarily blocked", re.IGNORECASE
)
_PRIMARY = re.compile(
    r"rate limit(?: already)? exceeded|rate limit has been (?:reached|exceeded)", re.IGNORECASE
)


@dataclass(frozen=True)
class Quota:
    """What a token may still ask for."""

    limit: int
    remaining: int
    resets_in: float
    """Seconds from the moment of the answer."""
    resource: str | None = None


def moment(headers: Mapping[str, str], now: float) -> float:
    """The forge's own time, seconds since the epoch: its clock set the times in its answer. ``now`` where it does not say it."""
    return _date(headers.get("date", "")) or now


def quota(headers: Mapping[str, str], now: float) -> Quota | None:
    """How much is left, where the answer says it."""
    for prefix in ("x-ratelimit", "ratelimit"):
        limit = _number(headers.get(f"{prefix}-limit"))
        remaining = _number(headers.get(f"{prefix}-remaining"))
        reset = _number(headers.get(f"{prefix}-reset"))
        if limit is None or remaining is None or reset is None:
            continue
        seconds = reset - moment(headers, now) if reset >= _EPOCH else reset
        resource = headers.get("x-ratelimit-resource") or None
        return Quota(
            round(limit),
            round(remaining),
            max(0.0, min(seconds, LONGEST_SECONDS)),
            resource and resource[:100],
        )
    return None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait, where ``Retry-After`` says so: in seconds or as an HTTP date."""
    text = headers.get("retry-after", "").strip()
    if (seconds := _number(text)) is not None:
        return max(0.0, seconds)
    date = _date(text)
    return None if date is None else max(0.0, date - moment(headers, now))


LimitKind = Literal["primary", "secondary", "busy"]


def limited(status: int, headers: Mapping[str, str], said: str) -> LimitKind | None:
    """Which kind of limit a 403 or a 429 is, or ``None`` where it is none.

    ``primary`` is a quota that is used up until its reset, ``secondary`` GitHub's wish for calm, ``busy`` any other 429.
    ``said`` is what the body says.
    """
    if status not in (403, 429):
        return None
    if _SECONDARY.search(said):
        return "secondary"
    left = next((headers[n] for n in ("x-ratelimit-remaining", "ratelimit-remaining") if n in headers), None)
    if left is not None and _number(left) == 0:
        return "primary"
    if _PRIMARY.search(said):
        return "primary"
    if status == 403:
        return "secondary" if "retry-after" in headers else None
    return "busy"


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\s*[0-9]{1,12}(?:\.[0-9]{1,9})?\s*", text) else None


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text[:100]).timestamp() if text else None
    except (ValueError, OverflowError, OSError):
        return None
