"""Events of a job, numbered without gaps: the number is taken from the job's row, so writers of one job go one after another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cooldown_api.database.tables import Event, Job


def append_event(
    session: Session, job: Job, type: str, data: dict[str, Any], *, time: datetime, attempt: int | None = None
) -> Event:
    """Add one event; the job's row must have been loaded for update."""
    job.event_seq += 1
    event = Event(
        project_id=job.project_id,
        job_id=job.id,
        seq=job.event_seq,
        attempt=job.attempt if attempt is None else attempt,
        time=time,
        type=type,
        data=data,
    )
    session.add(event)
    return event
