"""Quotas: a hold when a job is submitted, its settlement when it ended. Months are calendar months, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Attempt, Job, Project, Usage
from cooldown_api.problems import ProblemError
from cooldown_kit.client.states import State

_HOUR = 3600.0


@dataclass(frozen=True)
class MonthUsage:
    """Seconds of one project in one month."""

    used_job_seconds: float
    used_gpu_seconds: float
    held_job_seconds: float
    held_gpu_seconds: float


def month_of(now: datetime) -> str:
    return now.strftime("%Y-%m")


def month_usage(session: Session, project_id: str, month: str) -> MonthUsage:
    row = session.execute(
        select(
            func.coalesce(func.sum(Usage.used_job_seconds), 0.0),
            func.coalesce(func.sum(Usage.used_gpu_seconds), 0.0),
            func.coalesce(func.sum(Usage.held_job_seconds), 0.0),
            func.coalesce(func.sum(Usage.held_gpu_seconds), 0.0),
        ).where(Usage.project_id == project_id, Usage.month == month)
    ).one()
    return MonthUsage(*(float(value) for value in row))


def has_limits(project: Project) -> bool:
    """Whether anything has to be counted before the project may submit a job."""
    limits = (project.max_queued, project.gpu_hours_per_month, project.job_hours_per_month)
    return any(limit is not None for limit in limits)


def check_quota(
    session: Session, project: Project, *, job_seconds: float, gpu_seconds: float, now: datetime
) -> None:
    """Refuse what the project's limits do not hold. The project's row is locked, so that two submissions cannot both fit.

    Raises :class:`ProblemError` ``queue-full`` or ``quota-exceeded``.
    """
    if project.max_queued is not None:
        _check_queue(session, project, project.max_queued)
    if project.gpu_hours_per_month is None and project.job_hours_per_month is None:
        return  # the sums grow with the month: nobody pays for them who has no limit
    month = month_of(now)
    usage = month_usage(session, project.id, month)
    for what, limit, taken, asked in (
        ("GPU", project.gpu_hours_per_month, usage.used_gpu_seconds + usage.held_gpu_seconds, gpu_seconds),
        ("job", project.job_hours_per_month, usage.used_job_seconds + usage.held_job_seconds, job_seconds),
    ):
        if limit is not None and taken + asked > limit * _HOUR:
            raise ProblemError(
                "quota-exceeded",
                f"{limit:g} {what} hours a month: {taken / _HOUR:.2f} are used or held in {month}, and this job may take {asked / _HOUR:.2f}",
                remedy="lower `max_duration_seconds`, wait for other jobs to end, or ask an administrator for more",
            )


def _check_queue(session: Session, project: Project, most: int) -> None:
    waiting = session.scalar(
        select(func.count()).select_from(Job).where(Job.project_id == project.id, Job.state == State.QUEUED)
    )
    if (waiting or 0) >= most:
        raise ProblemError(
            "queue-full",
            f"{waiting} jobs of this project wait already; {most} may",
            remedy="submit again when some have started, or cancel some",
            headers={"Retry-After": "60"},
        )


def hold(session: Session, job: Job, *, job_seconds: float, gpu_seconds: float, now: datetime) -> None:
    """Set aside what a job may take."""
    session.add(
        Usage(
            job_id=job.id,
            project_id=job.project_id,
            month=month_of(now),
            held_job_seconds=job_seconds,
            held_gpu_seconds=gpu_seconds,
        )
    )


def settle(session: Session, job: Job, *, now: datetime) -> None:
    """Book what the job's attempts took, and free what was held for it."""
    usage = session.get(Usage, job.id)
    if usage is None:
        return
    session.flush()
    attempts = session.scalars(select(Attempt).where(Attempt.job_id == job.id)).all()
    seconds = [((a.ended_at or now) - a.started_at).total_seconds() for a in attempts]
    usage.used_job_seconds = sum(seconds)
    usage.used_gpu_seconds = sum(s * len(a.gpus) for s, a in zip(seconds, attempts, strict=True))
    usage.held_job_seconds = usage.held_gpu_seconds = 0.0
    usage.settled_at = now
