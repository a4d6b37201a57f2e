"""A job by its id, as the caller may see it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Job
from cooldown_api.jobs.transition import load_for_update
from cooldown_api.problems import not_found


def load_job(session: Session, id: str, *kinds: str) -> Job:
    """The caller's job. Raises :class:`ProblemError` ``not-found``, also for those of other projects."""
    job = session.scalar(select(Job).where(Job.id == id))
    if job is None or (kinds and job.kind not in kinds):
        raise not_found(_called(kinds), id)
    return job


def load_job_to_change(session: Session, id: str, *kinds: str) -> Job:
    """The same, with its row locked until the transaction ends."""
    job = load_for_update(session, id)
    if job is None or (kinds and job.kind not in kinds):
        raise not_found(_called(kinds), id)
    return job


def _called(kinds: tuple[str, ...]) -> str:
    return "plan" if kinds == ("plan",) else "job"
