"""Parameters that many routes share, those of pages for people among them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Query
from pydantic import AwareDatetime, BeforeValidator

from cooldown_api.operations.audit import AuditFilter
from cooldown_api.pages import ID_PATTERN
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
Month = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="`2026-11`, UTC; by default this one."),
]
_TEXT: Final = r"^[^\x00-\x1f\x7f]+$"


def _audit_filter(
    action: Annotated[str | None, Query(max_length=48, pattern=_TEXT, examples=["key.create"])] = None,
    actor: Annotated[str | None, Query(max_length=300, pattern=_TEXT)] = None,
    target: Annotated[str | None, Query(max_length=300, pattern=_TEXT)] = None,
    since: Annotated[Moment | None, Query(description="From this moment on.")] = None,
    until: Annotated[Moment | None, Query(description="Before this moment.")] = None,
    all_projects: Annotated[bool, Query(description="For platform administrators.")] = False,
) -> AuditFilter:
    return AuditFilter(action, actor, target, since, until, all_projects)


AuditQuery = Annotated[AuditFilter, Depends(_audit_filter)]
