"""Leases of attempts. Every write names the token of who holds it: where another has taken over, it changes nothing.

A worker of the same host takes over as soon as the lease is over, or its owner is dead, and finds the child alive. A worker of another
host cannot see the child. It waits until the child has ended by itself, as it does when nobody watches it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Attempt, Job, Worker
from cooldown_api.jobs.transition import load_for_update
from cooldown_api.settings import WorkerSettings


@dataclass(frozen=True)
class Expired:
    """An attempt that another worker holds, or held."""

    attempt_id: str
    token: int
    host_id: str
    folder: str
    over: bool
    """Whether the lease is over."""
    child_ended: bool
    """Whether so much time has passed that the child, wherever it was, has ended by itself."""
    owner: Mapping[str, Any] | None
    """Identity of the owner's process, if it is known."""


def renew(session: Session, held: Mapping[str, int], *, until: datetime) -> set[str]:
    """Prolong leases: attempt → token. Returns the attempts that are still held; the others were taken over, or have ended."""
    kept = set()
    for attempt_id, token in sorted(held.items()):  # one order everywhere: no two workers lock each other out
        done = session.execute(
            update(Attempt)
            .where(Attempt.id == attempt_id, Attempt.token == token, Attempt.state != "ended")
            .values(lease_expires_at=until)
            .execution_options(synchronize_session=False)
        )
        if cast("CursorResult[Any]", done).rowcount:
            kept.add(attempt_id)
    return kept


def hold(session: Session, attempt_id: str, token: int) -> tuple[Job, Attempt] | None:
    """The attempt and its job, both locked, where the token still holds; else ``None``: nothing of it may be written."""
    job_id = session.scalar(select(Attempt.job_id).where(Attempt.id == attempt_id))
    job = load_for_update(session, job_id) if job_id else None
    attempt = session.scalars(
        select(Attempt)
        .where(Attempt.id == attempt_id, Attempt.token == token, Attempt.state != "ended")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    return None if job is None or attempt is None else (job, attempt)


def of_others(
    session: Session, held: Collection[str], settings: WorkerSettings, *, now: datetime
) -> list[Expired]:
    """Attempts that have not ended and that the asking worker does not hold.

    One of its own may be among them: a claim whose commit succeeded, though the connection broke before it heard so.
    """
    rows = session.execute(
        select(Attempt, Worker.process)
        .outerjoin(Worker, Worker.id == Attempt.worker_id)
        .where(Attempt.state != "ended")
    )
    # one more lease for what clocks and shared file systems are late
    patience = timedelta(seconds=settings.orphan_seconds + settings.grace_seconds + settings.lease_seconds)
    return [
        Expired(
            attempt.id,
            attempt.token,
            attempt.host_id,
            attempt.folder,
            over=attempt.lease_expires_at < now,
            child_ended=attempt.lease_expires_at + patience < now,
            owner=process,
        )
        for attempt, process in rows
        if attempt.id not in held
    ]


def take_over(
    session: Session, expired: Expired, worker_id: str, *, until: datetime
) -> tuple[Job, Attempt] | None:
    """Become the owner, where nobody else has meanwhile."""
    held = hold(session, expired.attempt_id, expired.token)
    if held is None:
        return None
    job, attempt = held
    attempt.token += 1
    attempt.worker_id = worker_id
    attempt.lease_expires_at = until
    return job, attempt


def let_go(session: Session, held: Mapping[str, int], *, now: datetime) -> None:
    """Give leases back: the next worker of the host need not wait for their end. The children go on."""
    for attempt_id, token in sorted(held.items()):
        session.execute(
            update(Attempt)
            .where(Attempt.id == attempt_id, Attempt.token == token, Attempt.state != "ended")
            .values(lease_expires_at=now)
            .execution_options(synchronize_session=False)
        )
