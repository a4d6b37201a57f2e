"""What a job waits for, and who holds it. Jobs of other projects are counted, never named."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Attempt, Gpu, Job, Project, Worker
from cooldown_api.jobs.fair_share import in_turn
from cooldown_api.settings import Settings
from cooldown_kit.client.states import State
from cooldown_kit.client.wire import Holder, QueuePlace, Wait

_MOST_HOLDERS = 50
_FORGIVEN_BEATS = 2.0
"""Leases after which a worker that says nothing is taken for gone."""


def queue_place(session: Session, job: Job, *, settings: Settings, now: datetime) -> QueuePlace:
    """Its place, with reasons. The session must see all projects; the caller has checked that ``job`` may be seen."""
    state = State(job.state)
    if state is not State.QUEUED:
        return QueuePlace(job=job.id, state=state, position=None, ahead=0, waits_for=[])
    ahead = _ahead(session, job, now)
    waits = _waits(session, job, ahead, settings, now)
    finishes = [h.estimated_finish_at for wait in waits for h in wait.holders if h.estimated_finish_at]
    start = job.not_before if job.not_before > now else None
    if ahead == 0 and finishes:
        start = max(min(finishes), start or min(finishes))
    return QueuePlace(
        job=job.id,
        state=state,
        position=ahead + 1,
        ahead=ahead,
        waits_for=waits,
        estimated_start_at=start,
    )


def _ahead(session: Session, job: Job, now: datetime) -> int:
    """Jobs that would be taken before it, if all were asked for now: in the order of the claim."""
    order = list(session.scalars(in_turn(now, Job.id)))
    if job.id in order:
        return order.index(job.id)
    # it waits for more than its turn: behind all of at least its priority that do not
    better = in_turn(now, Job.id).where(
        or_(
            Job.priority > job.priority,
            and_(Job.priority == job.priority, Job.queued_at < job.queued_at),
        )
    )
    return len(list(session.scalars(better)))


def _waits(session: Session, job: Job, ahead: int, settings: Settings, now: datetime) -> list[Wait]:
    waits = []
    if job.not_before > now:
        seconds = (job.not_before - now).total_seconds()
        waits.append(
            Wait(
                kind="pause_before_retry",
                detail=f"it is tried again in {seconds:.0f} s, after its last attempt failed",
            )
        )
    project = session.get(Project, job.project_id)
    if project is not None and project.max_running is not None:
        mine = _running(session, job, Attempt.project_id == job.project_id)
        if len(mine) >= project.max_running:
            waits.append(
                Wait(
                    kind="project_limit",
                    detail=f"{len(mine)} jobs of this project run, and {project.max_running} may",
                    holders=mine[:_MOST_HOLDERS],
                )
            )
    waits += _machines(session, job, settings, now)
    if ahead:
        waits.append(Wait(kind="turn", detail=f"{ahead} jobs would be taken before it"))
    return waits


def _machines(session: Session, job: Job, settings: Settings, now: datetime) -> list[Wait]:
    """Whether there is a worker that could take it, and has room."""
    since = now - timedelta(seconds=settings.worker.lease_seconds * _FORGIVEN_BEATS)
    workers = list(session.scalars(select(Worker).where(Worker.heartbeat_at >= since, ~Worker.draining)))
    if not workers:
        return [Wait(kind="worker", detail="no worker is alive")]
    able = [worker for worker in workers if job.executor in worker.executors]
    if not able:
        return [Wait(kind="executor", detail=f"no worker has the executor `{job.executor}`")]
    counts = dict(_running_by_worker(session))
    open_hosts = {worker.host_id for worker in able if counts.get(worker.id, 0) < worker.slots}
    waits = []
    if not open_hosts:
        ids = [worker.id for worker in able]
        places = sum(worker.slots for worker in able)
        waits.append(
            Wait(
                kind="slot",
                detail=f"all {places} places of {len(able)} workers are taken",
                holders=_running(session, job, Attempt.worker_id.in_(ids))[:_MOST_HOLDERS],
            )
        )
    if job.gpus and job.executor == "local":
        waits += _gpus(session, job, {worker.host_id for worker in able})
    return waits


def _gpus(session: Session, job: Job, hosts: set[str]) -> list[Wait]:
    rows = session.execute(
        select(Gpu.host_id, func.count(), func.count(Gpu.attempt_id))
        .where(Gpu.host_id.in_(hosts))
        .group_by(Gpu.host_id)
    )
    total = {host: (every, every - busy) for host, every, busy in rows}
    if any(free >= job.gpus for _, free in total.values()):
        return []
    large = [host for host, (every, _) in total.items() if every >= job.gpus]
    if not large:
        most = max((every for every, _ in total.values()), default=0)
        detail = f"it asks for {job.gpus} GPUs, and the largest machine that is alive has {most}"
        return [Wait(kind="gpu", detail=detail)]
    held = select(Gpu.attempt_id).where(Gpu.host_id.in_(large), Gpu.attempt_id.is_not(None))
    free = max(total[host][1] for host in large)
    return [
        Wait(
            kind="gpu",
            detail=f"it asks for {job.gpus} GPUs of one machine, and {free} are free",
            holders=_running(session, job, Attempt.id.in_(held))[:_MOST_HOLDERS],
        )
    ]


def _running_by_worker(session: Session) -> list[tuple[str, int]]:
    rows = session.execute(
        select(Attempt.worker_id, func.count()).where(Attempt.state != "ended").group_by(Attempt.worker_id)
    )
    return [(worker, count) for worker, count in rows]


def _running(session: Session, asked_by: Job, condition: object) -> list[Holder]:
    """Who runs now, longest first. Of another project only when, and on how many GPUs."""
    rows = session.execute(
        select(Attempt, Job)
        .join(Job, Job.id == Attempt.job_id)
        .where(Attempt.state != "ended", condition)  # type: ignore[arg-type]
        .order_by(Attempt.started_at)
    )
    holders = []
    for attempt, job in rows:
        ours = job.project_id == asked_by.project_id
        holders.append(
            Holder(
                job=job.id if ours else None,
                project=job.project_id if ours else None,
                worker=attempt.worker_id if ours else None,
                gpus=attempt.gpus if ours else [],
                since=attempt.started_at,
                estimated_finish_at=_finish(job),
            )
        )
    return holders


def _finish(job: Job) -> datetime | None:
    left = (job.progress or {}).get("seconds_left")
    return None if left is None else job.updated_at + timedelta(seconds=float(left))
