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
    event = next_event(job, type, data, time=time, attempt=attempt)
    session.add(event)
    return event


def next_event(
    job: Job, type: str, data: dict[str, Any], *, time: datetime, attempt: int | None = None
) -> Event:
    """The job's next event, to be added: for a job that has to be written before it."""
    job.event_seq += 1
    return Event(
        project_id=job.project_id,
        job_id=job.id,
        seq=job.event_seq,
        attempt=job.attempt if attempt is None else attempt,
        time=time,
        type=type,
        data=data,
    )
