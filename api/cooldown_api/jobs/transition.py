"""The one place where a job changes its state: with a reason, an event, and what webhooks are owed, in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Job
from cooldown_api.jobs.events import append_event
from cooldown_api.jobs.outbox import announce
from cooldown_api.jobs.usage import settle
from cooldown_kit.client.states import ENDED, TRANSITIONS, Reason, State


class WrongTransition(Exception):
    """A change that the table of transitions does not know: an error of ours."""


def load_for_update(session: Session, job_id: str) -> Job | None:
    """The job, with its row locked until the transaction ends."""
    return session.execute(
        select(Job)
        .where(Job.id == job_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def change(
    session: Session,
    job: Job,
    state: State,
    reason: Reason,
    *,
    now: datetime,
    detail: str = "",
    error: dict[str, Any] | None = None,
    result: dict[str, Any] | None = None,
) -> None:
    """Bring a job, whose row is locked, into another state.

    Raises :class:`WrongTransition` where the state cannot follow.
    """
    before = State(job.state)
    if state not in TRANSITIONS[before]:
        raise WrongTransition(f"{job.id} cannot go from {before} to {state} ({reason})")
    job.state, job.reason, job.detail = state.value, reason.value, detail
    job.updated_at = now
    if state is State.QUEUED:
        job.queued_at = now
    if state is State.STARTING and job.started_at is None:
        job.started_at = now
    if error is not None:
        job.error = error
    if result is not None:
        job.result = result
    if state in ENDED:
        job.finished_at = now
        job.wanted = "run" if state is State.SUCCEEDED else job.wanted
        settle(session, job, now=now)
    data = {"state": state.value, "reason": reason.value, "detail": detail, "attempt": job.attempt}
    append_event(session, job, "state", {**data, "error": error} if error else data, time=now)
    announce(session, job, now=now)
