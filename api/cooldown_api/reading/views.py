"""From rows to the models of the wire. A list costs one more query at most, however long it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.database import tables
from cooldown_kit.client import wire
from cooldown_kit.client.states import ACTIVE, ENDED, State


def view_job(session: Session, job: tables.Job) -> wire.Job:
    return view_jobs(session, [job])[0]


def view_jobs(session: Session, jobs: Sequence[tables.Job]) -> list[wire.Job]:
    references = _references(session, jobs)
    return [wire.Job(**_fields(job, references)) for job in jobs]


def view_job_detail(session: Session, job: tables.Job) -> wire.JobDetail:
    attempts = session.scalars(
        select(tables.Attempt).where(tables.Attempt.job_id == job.id).order_by(tables.Attempt.number)
    )
    return wire.JobDetail(
        **_fields(job, _references(session, [job])),
        recipe=job.recipe,
        attempts=[view_attempt(attempt) for attempt in attempts],
    )


def view_attempt(attempt: tables.Attempt) -> wire.Attempt:
    return wire.Attempt.model_validate(
        {
            "number": attempt.number,
            "state": attempt.state,
            "reason": attempt.reason,
            "detail": attempt.detail,
            "worker": attempt.worker_id,
            "executor": attempt.executor,
            "gpus": attempt.gpus,
            "started_at": attempt.started_at,
            "ended_at": attempt.ended_at,
            "exit_status": attempt.exit_status,
        }
    )


def estimated_finish(job: tables.Job) -> datetime | None:
    """When the work that is under way will be done at its present speed; ``None`` where nothing says so."""
    if State(job.state) not in ACTIVE or not job.progress:
        return None
    left = job.progress.get("seconds_left")
    return job.updated_at + timedelta(seconds=float(left)) if left is not None else None


def view_event(event: tables.Event) -> wire.Event:
    return wire.Event(
        id=event.seq,
        job=event.job_id,
        attempt=event.attempt,
        time=event.time,
        type=event.type,
        data=event.data,
    )


def view_checkpoint(row: tables.Checkpoint) -> wire.Checkpoint:
    return wire.Checkpoint(
        id=row.id,
        job=row.job_id,
        attempt=row.attempt,
        step=row.step,
        bytes=row.bytes,
        metrics=row.metrics,
        created_at=row.created_at,
    )


def view_artefact(row: tables.Artefact) -> wire.Artefact:
    return wire.Artefact(
        name=row.name,
        bytes=row.bytes,
        sha256=row.sha256,
        media_type=row.media_type,
        created_at=row.created_at,
    )


def view_dataset(row: tables.Dataset, state: str) -> wire.Dataset:
    """``state`` is that of the job that makes it."""
    built = {State.SUCCEEDED: "ready", State.FAILED: "failed", State.CANCELLED: "failed"}
    return wire.Dataset.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "version": row.version,
            "reference": row.reference,
            "project": row.project_id,
            "state": built.get(State(state), "building"),
            "job": row.job_id,
            "digest": row.digest,
            "summary": row.summary,
            "created_at": row.created_at,
        }
    )


def ended(job: tables.Job) -> bool:
    return State(job.state) in ENDED


def _references(session: Session, jobs: Iterable[tables.Job]) -> dict[str, str]:
    """Id → ``name@v3`` of the datasets that these jobs use."""
    ids = {job.dataset_id for job in jobs if job.dataset_id}
    if not ids:
        return {}
    rows = session.scalars(select(tables.Dataset).where(tables.Dataset.id.in_(ids)))
    return {row.id: row.reference for row in rows}


def _fields(job: tables.Job, references: dict[str, str]) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "name": job.name,
        "project": job.project_id,
        "state": job.state,
        "reason": job.reason,
        "detail": job.detail,
        "wanted": job.wanted,
        "priority": job.priority,
        "gpus": job.gpus,
        "executor": job.executor,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "max_duration_seconds": job.max_duration_seconds,
        "metadata": job.labels,
        "progress": job.progress,
        "error": job.error,
        "result": job.result,
        "plan": job.plan_id,
        "dataset": references.get(job.dataset_id) if job.dataset_id else None,
        "study": job.study_id,
        "arm": job.arm,
        "rerun_of": job.rerun_of,
        "created_by": job.created_by,
        "created_at": job.created_at,
        "queued_at": job.queued_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "estimated_finish_at": estimated_finish(job),
        "details_removed_at": job.details_removed_at,
    }
