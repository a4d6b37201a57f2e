"""Events, metrics and log lines of jobs that ended long ago, removed a few at a time.

A job is marked in the transaction that removes the first of them, so that nobody takes what is left for the whole, and marked as cleared
in the one that finds nothing more: a removal that is interrupted is gone on with by whoever comes next.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, literal, select, tuple_, update
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Event, Job, LogChunk, Metric
from cooldown_api.database.types import Instant
from cooldown_kit.client.states import ENDED

_ROWS_AT_ONCE: Final = 500
"""Of one transaction: SQLite has one writer, and a submission that waits for it must not notice."""
_JOBS_AT_ONCE: Final = 50
_DETAILS: Final[tuple[tuple[Any, tuple[Any, ...], int], ...]] = (
    (Event, (Event.seq,), 1),
    (Metric, (Metric.stage, Metric.step), 1),
    (LogChunk, (LogChunk.seq,), 20),
)
"""Table, its key within a job, and how many rows one of it counts for: a chunk holds up to 200 lines."""


def any_due(session: Session, before: datetime) -> bool:
    """Whether there is anything to remove. Takes no lock: nothing to do is the rule."""
    return session.scalar(select(Job.id).where(*_due(before)).limit(1)) is not None


def remove_some(
    session: Session, before: datetime, *, now: datetime, rows: int = _ROWS_AT_ONCE
) -> Counter[str]:
    """Remove about ``rows`` rows of jobs that ended before that; what another transaction works at is left to it.

    Returns how many rows went, by table, and under ``jobs`` of how many jobs nothing is left; empty where there was nothing to do.
    """
    due = select(Job.id).where(*_due(before)).order_by(Job.finished_at).limit(_JOBS_AT_ONCE)
    locked = due.with_for_update(key_share=True, skip_locked=True)
    removed: Counter[str] = Counter()
    left = rows
    for id in session.scalars(locked).all():
        for table, key, weight in _DETAILS:
            if left <= 0:
                break
            count = _remove(session, table, key, id, -(-left // weight))
            left -= count * weight
            removed[table.__tablename__] += count
        changes: dict[str, Any] = {
            "details_removed_at": func.coalesce(Job.details_removed_at, literal(now, Instant))
        }
        if left > 0:
            changes["details_cleared_at"] = now
            removed["jobs"] += 1
        session.execute(
            update(Job).where(Job.id == id).values(changes).execution_options(synchronize_session=False)
        )
        if left <= 0:
            break
    return +removed


def count_due(session: Session, before: datetime) -> Counter[str]:
    """What would be removed, by table, and of how many jobs."""
    jobs = select(Job.id).where(*_due(before))
    found: Counter[str] = Counter(jobs=session.scalar(select(func.count()).select_from(jobs.subquery())) or 0)
    for table, _, _ in _DETAILS:
        rows = select(func.count()).select_from(table).where(table.job_id.in_(jobs))
        found[table.__tablename__] = session.scalar(rows) or 0
    return found


def _due(before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Ended for good, before that moment, and not cleared yet."""
    return (
        Job.details_cleared_at.is_(None),
        Job.finished_at < before,
        Job.state.in_([state.value for state in ENDED]),
    )


def _remove(session: Session, table: Any, key: tuple[Any, ...], job_id: str, limit: int) -> int:
    columns = key[0] if len(key) == 1 else tuple_(*key)
    some = select(*key).where(table.job_id == job_id).order_by(*key).limit(limit)
    rows = delete(table).where(table.job_id == job_id, columns.in_(some))
    result: Any = session.execute(rows.execution_options(synchronize_session=False))
    return int(result.rowcount)
