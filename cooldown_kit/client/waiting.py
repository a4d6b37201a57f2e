"""Waiting for the end of a job, through restarts of the service."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from cooldown_kit.client.actions import Flow, Pause, Tell
from cooldown_kit.client.call import Call, CallOptions, as_timeout, reads, segment
from cooldown_kit.client.errors import ClientError, JobCancelled, JobFailed, WaitTimeout
from cooldown_kit.client.following import PATIENCE, DeadlinePassed, follow
from cooldown_kit.client.retry import backoff, perform, transient
from cooldown_kit.client.states import State
from cooldown_kit.client.wire import Event, Job, JobDetail

_HELD: Final = 20.0
"""Seconds for which the service may keep a question before it answers that there is no end yet."""
_SHORTEST: Final = 0.5


def wait_for(
    job_id: str,
    options: CallOptions,
    *,
    timeout: float | None,
    poll: float | None,
    on_event: Callable[[Event], Any] | None,
) -> Flow[JobDetail]:
    """The job once it has ended, however it did; or as it is when the time is over."""
    deadline = None if timeout is None else time.monotonic() + timeout
    if on_event is not None:
        with suppress(DeadlinePassed):
            yield from follow(job_id, options, deadline=deadline, emit=partial(Tell, on_event))
        return (yield from _look(job_id, options, deadline, 0))
    while True:
        asked = time.monotonic()
        held = 0.0 if poll is not None else min(_HELD, _read_timeout(options) / 2, _left(deadline))
        job = yield from _look(job_id, options, deadline, held)
        if job.ended or _left(deadline) <= 0:
            return job
        answered = time.monotonic() - asked
        pause = poll if poll is not None else max(0.0, _SHORTEST - answered)
        yield Pause(min(pause, _left(deadline)))


def judged(job: Job) -> None:
    """Raises :class:`JobFailed`, :class:`JobCancelled` or :class:`WaitTimeout` for a job that did not succeed."""
    if job.state == State.SUCCEEDED:
        return
    if job.state == State.CANCELLED:
        raise JobCancelled("the job was cancelled", job)
    if job.ended:
        error = job.error
        why = (
            f"{error.code}: {error.message}" if error else f"{job.reason}: {job.detail or 'no more is known'}"
        )
        if error and error.where:
            why += f" ({error.where})"
        how = (
            "failed"
            if job.state == State.FAILED
            else f"ended as {job.state!s}, which is newer than this client"
        )
        raise JobFailed(f"the job {how}: {why}", job, remedy=error.remedy if error else None)
    raise WaitTimeout(f"the job is still {job.state}; it goes on", job)


def _look(job_id: str, options: CallOptions, deadline: float | None, held: float) -> Flow[JobDetail]:
    """The job, though the service be away for a while; answered when it has ended, or after ``held`` seconds."""
    patience = min(time.monotonic() + PATIENCE, deadline or math.inf)
    call = Call(
        "GET", f"/v1/jobs/{segment(job_id)}", reads(JobDetail), {"wait": f"{held:.1f}"} if held else {}
    )
    tries = 0
    while True:
        # the last question has a second, also where the time is over: how the job stands is worth that
        allowed = max(min(_read_timeout(options), held + _left(deadline)), 1.0)
        once = options.changed(timeout=as_timeout(allowed), max_retries=0)
        try:
            return (yield from perform(call, once))
        except ClientError as error:
            if not transient(error) or time.monotonic() > patience:
                raise
        yield Pause(min(backoff(tries), max(_left(deadline), 0.0)))
        tries += 1


def _left(deadline: float | None) -> float:
    return math.inf if deadline is None else max(deadline - time.monotonic(), 0.0)


def _read_timeout(options: CallOptions) -> float:
    return options.timeout.read or math.inf
