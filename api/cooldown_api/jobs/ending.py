"""What follows from the end of an attempt: the job has succeeded, failed, stopped as people wished, or is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import update
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Attempt, Gpu, Job
from cooldown_api.jobs.transition import change
from cooldown_kit.client.states import RETRIED, Reason, State
from cooldown_kit.engine.ending import Ending

_LONGEST_PAUSE = 3600.0
_FREE = frozenset({Reason.WORKER_STOPPED})
"""Ends of attempts that nobody is to blame for."""


@dataclass(frozen=True)
class Verdict:
    """Where a job goes."""

    state: State
    reason: Reason
    detail: str = ""
    error: dict[str, Any] | None = None
    failure: bool = False
    """Whether it counts against `max_attempts`."""


def judge(
    *,
    state: State,
    wanted: str,
    stop_for: Reason | None,
    ending: Ending | None,
    cause: Reason,
    cause_detail: str,
    may_retry: bool,
) -> Verdict:
    """Decide what becomes of a job whose attempt has ended. Knows no database.

    Args:
        stop_for: why the child was asked to stop, or was killed, if it was.
        ending: what the child said, if it said anything.
        cause: what is known of a child that said nothing.
        may_retry: whether one more failure leaves attempts.
    """
    if ending is not None and ending.status == "succeeded":
        return Verdict(State.SUCCEEDED, Reason.FINISHED)
    if state is State.CANCELLING:
        return Verdict(State.CANCELLED, Reason.CANCELLED_BY_USER)
    reason, detail, error = _why(stop_for, ending, cause, cause_detail)
    if reason not in RETRIED | _FREE | {Reason.MAX_DURATION}:
        return Verdict(State.FAILED, reason, detail, error, failure=True)
    if reason is Reason.MAX_DURATION:
        return Verdict(State.FAILED, reason, detail, error)
    if state is State.PAUSING:
        if wanted == "pause":
            return Verdict(State.PAUSED, Reason.PAUSED_BY_USER)
        return Verdict(State.QUEUED, Reason.RESUMED_BY_USER)
    if reason in _FREE:
        return Verdict(State.QUEUED, reason, detail)
    if may_retry:
        return Verdict(State.QUEUED, reason, detail, failure=True)
    return Verdict(State.FAILED, reason, detail, error, failure=True)


def _why(
    stop_for: Reason | None, ending: Ending | None, cause: Reason, cause_detail: str
) -> tuple[Reason, str, dict[str, Any]]:
    failed = ending if ending is not None and ending.status == "failed" else None
    if failed is not None and stop_for is not Reason.MAX_DURATION:
        return Reason(failed.reason), failed.detail, _error(failed, Reason(failed.reason))
    if stop_for is Reason.MAX_DURATION:
        detail = "it ran as long as it may; a rerun goes on from its last checkpoint"
    elif stop_for is Reason.SILENT:
        detail = "its work had not moved for too long"
    elif ending is not None:
        stop_for, detail = _unless_wished(stop_for) or Reason(ending.reason), ending.detail
    else:
        stop_for, detail = _unless_wished(stop_for) or cause, cause_detail
    remedies = {
        Reason.MAX_DURATION: "rerun it with a larger `max_duration_seconds`",
        Reason.SILENT: "look into its log: the last lines say where it stood",
    }
    return stop_for, detail, {"code": stop_for.value, "message": detail, "remedy": remedies.get(stop_for)}


def _unless_wished(stop_for: Reason | None) -> Reason | None:
    """What people wished is decided by the job's state, not by how its child took it."""
    return stop_for if stop_for is Reason.WORKER_STOPPED else None


def _error(ending: Ending, reason: Reason) -> dict[str, Any]:
    if ending.error is not None:
        return dict(msgspec.to_builtins(ending.error))
    return {"code": reason.value, "message": ending.detail}


def end_attempt(
    session: Session,
    job: Job,
    attempt: Attempt,
    *,
    ending: Ending | None,
    cause: Reason = Reason.CHILD_DIED,
    cause_detail: str = "",
    exit_status: int | None = None,
    result: dict[str, Any] | None = None,
    retry_seconds: float,
    now: datetime,
) -> Verdict:
    """End an attempt whose child is known to be dead, free its GPUs, and bring its job to where that leads; both rows are locked."""
    verdict = judge(
        state=State(job.state),
        wanted=job.wanted,
        stop_for=Reason(attempt.stop_for) if attempt.stop_for else None,
        ending=ending,
        cause=cause,
        cause_detail=cause_detail,
        may_retry=job.failures + 1 < job.max_attempts,
    )
    attempt.state = "ended"
    attempt.reason, attempt.detail = verdict.reason.value, verdict.detail
    attempt.ended_at = now
    attempt.exit_status = exit_status
    session.execute(
        update(Gpu)
        .where(Gpu.attempt_id == attempt.id)
        .values(attempt_id=None)
        .execution_options(synchronize_session=False)
    )
    job.ran_seconds += max(0.0, (now - attempt.started_at).total_seconds())
    if verdict.failure:
        job.failures += 1
    job.not_before = now + _pause(job, verdict, retry_seconds)
    if verdict.state is State.SUCCEEDED:
        job.error = None
    change(
        session,
        job,
        verdict.state,
        verdict.reason,
        now=now,
        detail=verdict.detail,
        error=verdict.error if verdict.state is State.FAILED else None,
        result=result if verdict.state is State.SUCCEEDED else None,
    )
    return verdict


def _pause(job: Job, verdict: Verdict, retry_seconds: float) -> timedelta:
    if verdict.state is not State.QUEUED or not verdict.failure:
        return timedelta(0)
    doublings = min(job.failures - 1, 20)
    return timedelta(seconds=min(_LONGEST_PAUSE, retry_seconds * 2.0**doublings))
