"""Names that OpenAI's clients see, from ids of ours and back: the 26 characters of an id are the same in all of them."""

from __future__ import annotations

import re
from typing import Final

from cooldown_api.database.ids import BODY
from cooldown_api.database.tables import Job
from cooldown_api.problems import not_found
from cooldown_api.settings import Settings

_JOB: Final = re.compile(rf"ftjob-({BODY.pattern})")
_FILE: Final = re.compile(rf"file-({BODY.pattern})")
_EVENT: Final = re.compile(rf"ftevent-{BODY.pattern}-([0-9]{{1,18}})")
_CHECKPOINT: Final = re.compile(rf"ftckpt-({BODY.pattern})")
_FINE_TUNED: Final = re.compile(rf"ft:(.+):([^:]*):([^:]*):({BODY.pattern})")


def body_of(id: str) -> str:
    return id.partition("_")[2]


def job_name(job_id: str) -> str:
    """``job_…`` → ``ftjob-…``."""
    return "ftjob-" + body_of(job_id)


def job_id(name: str) -> str:
    """``ftjob-…`` → ``job_…``. Raises :class:`ProblemError` ``not-found`` for what is no such name."""
    match = _JOB.fullmatch(name)
    if match is None:
        raise not_found("fine-tuning job", name[:128])
    return f"job_{match[1]}"


def result_file_name(job_id: str) -> str:
    """The file with the metrics of a job."""
    return "file-" + body_of(job_id)


def file_body(name: str) -> str | None:
    """The 26 characters of a file's id, be it an upload or the metrics of a job."""
    match = _FILE.fullmatch(name)
    return match[1] if match else None


def job_of_result_file(name: str) -> str | None:
    body = file_body(name)
    return None if body is None else f"job_{body}"


def event_name(job_id: str, seq: int) -> str:
    return f"ftevent-{body_of(job_id)}-{seq}"


def event_seq(name: str) -> int | None:
    match = _EVENT.fullmatch(name)
    return int(match[1]) if match else None


def checkpoint_name(checkpoint_id: str) -> str:
    return "ftckpt-" + body_of(checkpoint_id)


def checkpoint_body(name: str) -> str | None:
    match = _CHECKPOINT.fullmatch(name)
    return match[1] if match else None


def model_name(job: Job, settings: Settings) -> str:
    """``ft:{base}:{project}:{suffix}:{id}``: what the job makes is called, whether it is done or not."""
    base = base_name(job, settings)
    if (match := _FINE_TUNED.fullmatch(base)) is not None:
        base = match[1]  # what a fine-tuned model was made of: names do not grow
    suffix = (job.facade or {}).get("suffix") if job.facade else job.name
    return f"ft:{base}:{job.project_id}:{suffix or ''}:{body_of(job.id)}"


def job_of_model(name: str) -> str | None:
    """The job that made a fine-tuned model, from the model's name."""
    match = _FINE_TUNED.fullmatch(name)
    return f"job_{match[4]}" if match else None


def base_name(job: Job, settings: Settings) -> str:
    """The model that the job starts from, by the name that was asked for or that the operator gave it."""
    if job.facade and job.facade.get("model"):
        return str(job.facade["model"])
    place = job.recipe.get("model")
    if not isinstance(place, str):
        return "random"
    return next((name for name, known in settings.models.items() if known == place), place)
