"""Events of a job, written and asked for. They are numbered without gaps: the number is taken from the job's row, so writers of one job go one after another."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import FREQUENT_EVENTS, IS_RARE, Event, Job


def select_events(
    job_id: str, *, types: Collection[str] = (), without: Collection[str] = ()
) -> Select[Event]:
    """Events of a job in no order: of these types, where any are named, and of none of those ``without``."""
    statement = select(Event).where(Event.job_id == job_id)
    if types:
        statement = statement.where(Event.type.in_(types))
    if without:
        statement = statement.where(Event.type.not_in(without))
    if FREQUENT_EVENTS.intersection(types or FREQUENT_EVENTS).issubset(without):
        statement = statement.where(IS_RARE)
    return statement


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
