"""A job is submitted: checked against the project's limits, held, and queued, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Job
from cooldown_api.jobs.events import next_event
from cooldown_api.jobs.outbox import announce
from cooldown_api.jobs.standing import Standing, lock_project
from cooldown_api.jobs.usage import check_quota, has_limits, hold
from cooldown_kit.client.states import Reason, State

PREFIXES = {"run": "job", "plan": "plan", "dataset": "job"}


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """What decides a job. The recipe was validated and checked against the operator's policy."""

    kind: str
    name: str
    recipe: dict[str, Any]
    priority: int
    gpus: int
    executor: str
    max_attempts: int
    max_duration_seconds: int
    labels: dict[str, str] = field(default_factory=dict)
    created_by: str
    request_id: str | None = None
    traceparent: str | None = None
    plan_id: str | None = None
    dataset_id: str | None = None
    study_id: str | None = None
    arm: str | None = None
    rerun_of: str | None = None
    facade: dict[str, Any] | None = None
    hold_seconds: float | None = None
    """What it is expected to take, where a plan says so; else its longest duration is held."""


def submit(session: Session, standing: Standing, new: NewJob) -> Job:
    """Queue a job. Raises :class:`ProblemError` where the project's limits do not hold it.

    Submissions of a project that has limits go one after another, so that two cannot both be the last that fits.
    """
    project, now = standing.project, standing.now
    if has_limits(project):
        lock_project(session, project)
    seconds = float(min(new.hold_seconds or new.max_duration_seconds, new.max_duration_seconds))
    check_quota(session, project, job_seconds=seconds, gpu_seconds=seconds * new.gpus, now=now)
    job = Job(
        id=new_id(PREFIXES[new.kind]),
        project_id=project.id,
        kind=new.kind,
        name=new.name,
        state=State.QUEUED.value,
        reason=Reason.SUBMITTED.value,
        detail="",
        wanted="run",
        priority=new.priority,
        gpus=new.gpus,
        executor=new.executor,
        max_attempts=new.max_attempts,
        max_duration_seconds=new.max_duration_seconds,
        ran_seconds=0.0,
        failures=0,
        attempt=0,
        event_seq=0,
        log_seq=0,
        recipe=new.recipe,
        labels=dict(new.labels),
        facade=new.facade,
        plan_id=new.plan_id,
        dataset_id=new.dataset_id,
        study_id=new.study_id,
        arm=new.arm,
        rerun_of=new.rerun_of,
        created_by=new.created_by,
        request_id=new.request_id,
        traceparent=new.traceparent,
        created_at=now,
        queued_at=now,
        not_before=now,
        updated_at=now,
    )
    session.add(job)
    data = {"state": "queued", "reason": "submitted", "detail": "", "attempt": 0}
    event = next_event(job, "state", data, time=now)
    session.flush()  # the job with the event's number in it; what refers to it is written with all else
    session.add(event)
    hold(session, job, job_seconds=seconds, gpu_seconds=seconds * new.gpus, now=now)
    if standing.has_webhooks:
        announce(session, job, now=now)
    return job
