"""Parameters and answers that many routes share."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import Path, Query
from pydantic import AwareDatetime, BeforeValidator

from cooldown_api.pages import ID_PATTERN
from cooldown_api.problems import documented
from cooldown_kit.client.wire import DatasetReference, Name

Id = Annotated[str, Path(max_length=64, pattern=ID_PATTERN, examples=["job_01kb9x2c0fq6m3w8v5t7r4n1pz"])]
DatasetPath = Annotated[DatasetReference, Path(description="`billing` (its newest version) or `billing@v3`.")]
DatasetVersionPath = Annotated[
    str,
    Path(max_length=96, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*@v[1-9][0-9]{0,8}$", examples=["billing@v3"]),
]
NamePath = Annotated[Name, Path(examples=["billing"])]
WaitSeconds = Annotated[
    float, Query(ge=0, le=60, description="Answer when it has ended, or after so many seconds.")
]


def _written_out(value: Any) -> Any:
    """Pydantic would take ``0.5`` for a moment of 1970; the schema says that a moment is written as RFC 3339 does."""
    if isinstance(value, str) and not _MOMENT.match(value):
        raise ValueError("write a moment as `2026-11-26T01:00:00Z`")
    return value


_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:")
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
NameQuery = Annotated[str | None, Query(max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]


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
