"""A worker takes the next job: chosen, begun as an attempt and given its GPUs in one transaction, one worker of the fleet at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from cooldown_api.database.engine import Database
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Attempt, Gpu, Job
from cooldown_api.jobs.fair_share import in_turn
from cooldown_api.jobs.transition import change
from cooldown_kit.client.states import Reason, State

_CLAIMS = 720_101


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """A worker, and what it has."""

    worker_id: str
    host_id: str
    slots: int
    executors: tuple[str, ...]
    gpus: tuple[str, ...]
    """UUIDs of all that it may lease, free or not."""
    lease_seconds: float


def claim(
    session: Session,
    database: Database,
    claimant: Claimant,
    folder: Callable[[Job, int], Path],
    *,
    now: datetime,
) -> tuple[Job, Attempt] | None:
    """The next job that this worker can do, as a new attempt of it; ``None`` where there is none, or its slots are taken.

    A job that wants more of this worker's GPUs than are free just now keeps those that are free from jobs behind it, or small
    ones would keep it waiting for ever. One that wants more than the worker has is left to others. On Ray the cluster gives the GPUs.

    Args:
        folder: job and number of the attempt → the attempt's folder.
    """
    database.serialise(session, _CLAIMS)
    mine = select(func.count()).where(Attempt.worker_id == claimant.worker_id, Attempt.state != "ended")
    if (session.scalar(mine) or 0) >= claimant.slots:
        return None
    free = list(
        session.scalars(
            select(Gpu)
            .where(Gpu.uuid.in_(claimant.gpus), Gpu.host_id == claimant.host_id, Gpu.attempt_id.is_(None))
            .order_by(Gpu.uuid)
            .with_for_update()
        )
    )
    job = _next(session, claimant, len(free), now)
    return None if job is None else _begin(session, job, claimant, free, folder, now)


def needs(job: Job) -> int:
    """GPUs of the worker's own machine that a job takes."""
    return job.gpus if job.executor == "local" else 0


def _next(session: Session, claimant: Claimant, free: int, now: datetime) -> Job | None:
    at_home = Job.executor == "local"
    doable = in_turn(now).where(
        Job.executor.in_(claimant.executors),
        or_(~at_home, Job.gpus <= len(claimant.gpus)),
    )
    # a job whose row is locked (somebody cancels it) is passed over, and seen again at the next look
    first = session.scalars(doable.limit(1).with_for_update(of=Job, skip_locked=True)).first()
    if first is None or needs(first) <= free:
        return first
    none_needed = doable.where(~and_(at_home, Job.gpus > 0))
    return session.scalars(none_needed.limit(1).with_for_update(of=Job, skip_locked=True)).first()


def _begin(
    session: Session,
    job: Job,
    claimant: Claimant,
    free: list[Gpu],
    folder: Callable[[Job, int], Path],
    now: datetime,
) -> tuple[Job, Attempt]:
    job.attempt += 1
    taken = free[: needs(job)]
    # a cluster's GPUs have no names here, and count for the project's quota all the same
    uuids = [gpu.uuid for gpu in taken] if job.executor == "local" else [f"ray-{i}" for i in range(job.gpus)]
    attempt = Attempt(
        id=new_id("att"),
        project_id=job.project_id,
        job_id=job.id,
        number=job.attempt,
        state="starting",
        reason=Reason.CLAIMED.value,
        detail="",
        executor=job.executor,
        worker_id=claimant.worker_id,
        host_id=claimant.host_id,
        token=1,
        lease_expires_at=now + timedelta(seconds=claimant.lease_seconds),
        folder=str(folder(job, job.attempt)),
        gpus=uuids,
        events_offset=0,
        logs_offset=0,
        started_at=now,
        progress_at=now,
    )
    session.add(attempt)
    for gpu in taken:
        gpu.attempt_id = attempt.id
    change(session, job, State.STARTING, Reason.CLAIMED, now=now)
    return job, attempt
