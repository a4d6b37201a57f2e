"""The audit log: who did what to what. Rows are only added; triggers in the database refuse anything else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import AuditEntry


def record(
    session: Session,
    *,
    project: str | None,
    actor: str,
    action: str,
    target: str,
    now: datetime,
    ip: str | None = None,
    request_id: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add one line, in the transaction of what it tells of. ``detail`` holds no secret and no recipe: names and numbers only."""
    session.add(
        AuditEntry(
            id=new_id("audit"),
            time=now,
            project_id=project,
            actor=actor,
            action=action,
            target=target,
            ip=ip,
            request_id=request_id,
            detail=detail or {},
        )
    )
