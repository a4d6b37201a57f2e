"""What people may ask of a job that is there: cancel, pause, resume. What runs is stopped by its worker, which sees ``wanted``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cooldown_api.database.tables import Job
from cooldown_api.jobs.transition import change
from cooldown_api.problems import ProblemError
from cooldown_kit.client.states import ENDED, Reason, State

_RUNS = (State.STARTING, State.RUNNING)


def cancel(session: Session, job: Job, *, now: datetime) -> None:
    """End it for good. What waits ends at once; what runs saves a checkpoint and frees its GPU first. Asking twice changes nothing."""
    state = State(job.state)
    if state in (State.CANCELLED, State.CANCELLING):
        return
    if state in ENDED:
        raise _too_late(job, "cancelled")
    job.wanted = "cancel"
    after = State.CANCELLED if state in (State.QUEUED, State.PAUSED) else State.CANCELLING
    change(session, job, after, Reason.CANCELLED_BY_USER, now=now)


def pause(session: Session, job: Job, *, now: datetime) -> None:
    """Stop it until it is resumed. Asking twice changes nothing."""
    state = State(job.state)
    if state in (State.PAUSED, State.PAUSING):
        return
    if state in ENDED or state is State.CANCELLING:
        raise _too_late(job, "paused")
    job.wanted = "pause"
    after = State.PAUSED if state is State.QUEUED else State.PAUSING
    change(session, job, after, Reason.PAUSED_BY_USER, now=now)


def resume(session: Session, job: Job, *, now: datetime) -> None:
    """Queue it again, from its last checkpoint; what is still pausing goes on once it has stopped."""
    state = State(job.state)
    if state is State.PAUSED:
        job.wanted = "run"
        job.not_before = now
        change(session, job, State.QUEUED, Reason.RESUMED_BY_USER, now=now)
    elif state is State.PAUSING:
        job.wanted = "run"
        job.updated_at = now
    elif state in ENDED or state is State.CANCELLING:
        raise _too_late(job, "resumed")


def _too_late(job: Job, what: str) -> ProblemError:
    return ProblemError(
        "conflict",
        f"{job.id} is {job.state} and cannot be {what}",
        remedy="`rerun` starts it again as another job" if job.state in ENDED else "wait until it has ended",
        openai_code="job_in_wrong_state",
    )
