"""The result file of a job that succeeded: its metrics as CSV, made when somebody asks from what the job's metrics are.

It begins with the columns of OpenAI's result files, empty where this service measures no such thing, and goes on with its own.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Job, Metric
from cooldown_api.openai.names import job_of_result_file, result_file_name
from cooldown_api.openai.shapes import FileObject
from cooldown_kit.client.states import State

PURPOSE: Final = "fine-tune-results"
_STAGE: Final = "train"
_THEIRS: Final = {
    "step": "step",
    "train_loss": "loss",
    "train_accuracy": "accuracy",
    "valid_loss": "valid_loss",
    "valid_mean_token_accuracy": "valid_mean_token_accuracy",
}
_ROWS_AT_ONCE: Final = 1000


def with_results(statement: Select[Job]) -> Select[Job]:
    """Jobs that have a result file: it goes with the metrics of which it is made."""
    return statement.where(
        Job.kind == "run", Job.state == State.SUCCEEDED.value, Job.details_removed_at.is_(None)
    )


def find_job_with_results(session: Session, file_id: str) -> Job | None:
    job_id = job_of_result_file(file_id)
    if job_id is None:
        return None
    return session.scalar(with_results(select(Job).where(Job.id == job_id)))


def view_result_file(database: Database, job: Job) -> FileObject:
    assert job.finished_at is not None
    return FileObject(
        id=result_file_name(job.id),
        bytes=_size(database, job.id),
        created_at=int(job.finished_at.timestamp()),
        filename="step_metrics.csv",
        purpose=PURPOSE,
        status="processed",
    )


def content(database: Database, job_id: str) -> Iterator[bytes]:
    """The file, some rows at a time; no connection is held between them. The caller has checked that the job may be seen."""
    names = sorted({name for row in _rows(database, job_id) for name in row.values} - set(_THEIRS.values()))
    yield _line([*_THEIRS, *names])
    for row in _rows(database, job_id):
        values: dict[str, Any] = {**row.values, "step": row.step}
        yield _line([values.get(name, "") for name in (*_THEIRS.values(), *names)])


@lru_cache(maxsize=4096)
def _size(database: Database, job_id: str) -> int:
    """Metrics of a job that succeeded do not change any more; once they are removed, nobody asks."""
    return sum(len(line) for line in content(database, job_id))


def _rows(database: Database, job_id: str) -> Iterator[Metric]:
    step = -1
    while True:
        with database.read(ALL_PROJECTS) as session:
            rows = session.scalars(
                select(Metric)
                .where(Metric.job_id == job_id, Metric.stage == _STAGE, Metric.step > step)
                .order_by(Metric.step)
                .limit(_ROWS_AT_ONCE)
            ).all()
        yield from rows
        if len(rows) < _ROWS_AT_ONCE:
            return
        step = rows[-1].step


def _line(values: Sequence[Any]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue().encode()
