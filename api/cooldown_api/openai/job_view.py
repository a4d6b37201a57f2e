"""A job in OpenAI's shape."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Session

from cooldown_api.database.tables import Dataset, Job
from cooldown_api.openai.names import base_name, job_name, model_name, result_file_name
from cooldown_api.openai.shapes import ErrorObject, FineTuningJob, Hyperparameters
from cooldown_api.reading.views import estimated_finish
from cooldown_api.settings import Settings
from cooldown_kit.client.states import State

_STATUS: Final = {
    State.QUEUED: "queued",
    State.STARTING: "queued",
    State.RUNNING: "running",
    State.PAUSING: "pausing",
    State.PAUSED: "paused",
    # it computes, and holds its GPU, until it has really stopped
    State.CANCELLING: "running",
    State.CANCELLED: "cancelled",
    State.FAILED: "failed",
    State.SUCCEEDED: "succeeded",
}


def view_job(session: Session, job: Job, settings: Settings) -> FineTuningJob:
    """Also jobs that were not created by these words are shown in them."""
    facade: dict[str, Any] = job.facade or {}
    succeeded = job.state == State.SUCCEEDED.value
    finish = estimated_finish(job)
    return FineTuningJob.model_validate(
        {
            "id": job_name(job.id),
            "created_at": int(job.created_at.timestamp()),
            "error": _error(job),
            "fine_tuned_model": model_name(job, settings) if succeeded else None,
            "finished_at": None if job.finished_at is None else int(job.finished_at.timestamp()),
            "hyperparameters": facade.get("hyperparameters") or Hyperparameters().model_dump(),
            "model": base_name(job, settings),
            "organization_id": job.project_id,
            "result_files": [result_file_name(job.id)]
            if succeeded and job.details_removed_at is None
            else [],
            "seed": int(job.recipe.get("seed", 0)),
            "status": _STATUS[State(job.state)],
            "trained_tokens": (job.result or {}).get("tokens") if succeeded else None,
            "training_file": facade.get("training_file") or _training_file(session, job),
            "estimated_finish": None if finish is None else int(finish.timestamp()),
            "metadata": job.labels,
            "method": facade.get("method"),
            "x_cooldown": {"job": job.id, "state": job.state, "reason": job.reason, "detail": job.detail},
        }
    )


def _error(job: Job) -> ErrorObject | None:
    if job.state != State.FAILED.value:
        return None
    error = job.error or {}
    message = str(error.get("message") or job.detail or job.reason)
    if remedy := error.get("remedy"):
        message = f"{message} ({remedy})"
    return ErrorObject(code=str(error.get("code") or job.reason), message=message, param=error.get("where"))


def _training_file(session: Session, job: Job) -> str:
    """Of a job that a client of another kind created: its dataset, or the job whose recipe names the sources."""
    dataset = session.get(Dataset, job.dataset_id) if job.dataset_id else None
    return f"dataset:{dataset.reference}" if dataset is not None else f"recipe:{job.id}"
