"""`/v1/fine_tuning/jobs`: the same jobs as `/v1/jobs`, in OpenAI's words."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.access import Access, Editor, Viewer
from cooldown_api.creating.idempotency import IdempotencyKey, Make, once
from cooldown_api.creating.jobs import prepare_job
from cooldown_api.database.tables import Checkpoint, Event, Job
from cooldown_api.files.stored import find_file
from cooldown_api.http.openapi_document import links
from cooldown_api.http.query_labels import labels_parameter, query_labels
from cooldown_api.jobs.events import select_events
from cooldown_api.jobs.load import load_job
from cooldown_api.jobs.search import JobFilter, find_jobs
from cooldown_api.openai.create_body import CreateFineTuningJob, check_body
from cooldown_api.openai.event_view import HIDDEN, view_event
from cooldown_api.openai.job_view import view_job
from cooldown_api.openai.names import (
    checkpoint_body,
    checkpoint_name,
    event_seq,
    job_id,
    job_name,
    model_name,
)
from cooldown_api.openai.route import OpenAIRoute, invalid, may_answer
from cooldown_api.openai.shapes import (
    CheckpointMetrics,
    FineTuningJob,
    FineTuningJobCheckpoint,
    FineTuningJobEvent,
    ListPage,
    list_page,
)
from cooldown_api.openai.training import translate
from cooldown_api.operations import jobs
from cooldown_api.pages import Cursor, select_page
from cooldown_api.problems import ProblemError
from cooldown_api.values import check_body as check_values_of

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)
JobName = Annotated[str, Path(max_length=64, examples=["ftjob-01kb9x2c0fq6m3w8v5t7r4n1pz"])]
After = Annotated[str | None, Query(max_length=128, description="Id of the last thing of the page before.")]
Limit = Annotated[int, Query(ge=1, le=100)]
_METADATA: Final = labels_parameter(
    "`metadata[k]=v`: jobs with that label; `metadata=null`: jobs without any."
)
_ABOUT_A_JOB: Final = (
    "get_fine_tuning_job",
    "list_fine_tuning_events",
    "list_fine_tuning_checkpoints",
    "pause_fine_tuning_job",
    "resume_fine_tuning_job",
    "cancel_fine_tuning_job",
)


@router.post(
    "/fine_tuning/jobs",
    operation_id="create_fine_tuning_job",
    summary="Create a fine-tuning job",
    response_model=FineTuningJob,
    responses={
        **may_answer("refused", "quota-exceeded", "not-found", "conflict", "queue-full", "body-too-large"),
        **links(200, *_ABOUT_A_JOB),
    },
)
def create_fine_tuning_job(
    access: Editor, body: CreateFineTuningJob, key: IdempotencyKey = None
) -> JSONResponse:
    """From an uploaded file, a dataset or repositories. What cannot be honoured is refused by name."""

    def prepare() -> Make:
        check_values_of(body)
        check_body(body)
        translated = translate(access, body)
        submit = prepare_job(access, translated.job, facade=translated.facade)

        def make(session: Session) -> FineTuningJob:
            if translated.file_id is not None:  # it cannot be deleted until the job is there
                find_file(session, translated.file_id, access.now(session), lock=True)
            return view_job(session, submit(session), access.service.settings)

        return make

    return once(access, key, "create_fine_tuning_job", body, 200, prepare)


@router.get(
    "/fine_tuning/jobs",
    operation_id="list_fine_tuning_jobs",
    summary="List fine-tuning jobs",
    responses=may_answer(),
    openapi_extra=_METADATA,
)
def list_fine_tuning_jobs(
    access: Viewer, request: Request, after: After = None, limit: Limit = 20
) -> ListPage[FineTuningJob]:
    """All runs of the project, newest first, by whatever route they were created."""
    labels = _labels(request)
    wanted = JobFilter(kinds=("run",), labels=labels or {}, unlabelled=labels is None)
    cursor = Cursor(None if after is None else _cursor(after), limit)
    with access.read() as session:
        rows, more = find_jobs(session, wanted, cursor)
        return list_page([view_job(session, row, access.service.settings) for row in rows], more)


def _cursor(after: str) -> str:
    try:
        return job_id(after)
    except ProblemError:
        raise invalid("after", "it must be the id of a fine-tuning job") from None


def _labels(request: Request) -> dict[str, str] | None:
    """``metadata[k]=v`` of the query; ``None`` where jobs without labels are asked for."""
    given = {name: value for name, value in request.query_params.items() if name.startswith("metadata")}
    return None if given in ({"metadata": "null"}, {"metadata": ""}) else query_labels(request)


@router.get(
    "/fine_tuning/jobs/{id}",
    operation_id="get_fine_tuning_job",
    summary="Get a fine-tuning job",
    responses=may_answer("not-found"),
)
def get_fine_tuning_job(access: Viewer, id: JobName) -> FineTuningJob:
    with access.read() as session:
        return view_job(session, load_job(session, job_id(id), "run"), access.service.settings)


@router.post(
    "/fine_tuning/jobs/{id}/cancel",
    operation_id="cancel_fine_tuning_job",
    summary="Cancel a fine-tuning job",
    responses=may_answer("not-found", "conflict"),
)
def cancel_fine_tuning_job(access: Editor, id: JobName) -> FineTuningJob:
    """What runs is `running` until it has saved a checkpoint and freed its GPU, then `cancelled`."""
    return _ask(access, id, "cancel")


@router.post(
    "/fine_tuning/jobs/{id}/pause",
    operation_id="pause_fine_tuning_job",
    summary="Pause a fine-tuning job",
    responses=may_answer("not-found", "conflict"),
)
def pause_fine_tuning_job(access: Editor, id: JobName) -> FineTuningJob:
    """It saves a checkpoint and frees its GPU."""
    return _ask(access, id, "pause")


@router.post(
    "/fine_tuning/jobs/{id}/resume",
    operation_id="resume_fine_tuning_job",
    summary="Resume a fine-tuning job",
    responses=may_answer("not-found", "conflict"),
)
def resume_fine_tuning_job(access: Editor, id: JobName) -> FineTuningJob:
    """It is queued again and goes on from its checkpoint."""
    return _ask(access, id, "resume")


def _ask(access: Access, id: str, action: jobs.Action) -> FineTuningJob:
    settings = access.service.settings
    return jobs.change_job(
        access, job_id(id), action, lambda session, job: view_job(session, job, settings), "run"
    )


@router.get(
    "/fine_tuning/jobs/{id}/events",
    operation_id="list_fine_tuning_events",
    summary="List a job's events",
    responses=may_answer("not-found"),
)
def list_fine_tuning_events(
    access: Viewer, id: JobName, after: After = None, limit: Limit = 20
) -> ListPage[FineTuningJobEvent]:
    """Newest first: changes of state, stages, messages, checkpoints, and metrics (`type: metrics`)."""
    with access.read() as session:
        job = load_job(session, job_id(id), "run")
        statement = select_events(job.id, without=HIDDEN)
        if after is not None:
            seq = event_seq(after)
            if seq is None:
                raise invalid("after", "it must be the id of an event")
            statement = statement.where(Event.seq < seq)
        rows = session.scalars(statement.order_by(Event.seq.desc()).limit(limit + 1)).all()
        steps = (job.progress or {}).get("steps")
        return list_page([view_event(row, steps) for row in rows[:limit]], len(rows) > limit)


@router.get(
    "/fine_tuning/jobs/{id}/checkpoints",
    operation_id="list_fine_tuning_checkpoints",
    summary="List a job's checkpoints",
    responses=may_answer("not-found"),
)
def list_fine_tuning_checkpoints(
    access: Viewer, id: JobName, after: After = None, limit: Annotated[int, Query(ge=1, le=100)] = 10
) -> ListPage[FineTuningJobCheckpoint]:
    """Newest first."""
    with access.read() as session:
        job: Job = load_job(session, job_id(id), "run")
        statement = select(Checkpoint).where(Checkpoint.job_id == job.id)
        if after is not None:
            statement = statement.where(Checkpoint.id < _checkpoint_id(after))
        rows, more = select_page(session, statement, Checkpoint.id, Cursor(None, limit))
        name = model_name(job, access.service.settings)
        return list_page([_view_checkpoint(row, name) for row in rows], more)


def _checkpoint_id(after: str) -> str:
    body = checkpoint_body(after)
    if body is None:
        raise invalid("after", "it must be the id of a checkpoint")
    return f"ckpt_{body}"


def _view_checkpoint(row: Checkpoint, model: str) -> FineTuningJobCheckpoint:
    return FineTuningJobCheckpoint(
        id=checkpoint_name(row.id),
        created_at=int(row.created_at.timestamp()),
        fine_tuned_model_checkpoint=f"{model}:ckpt-step-{row.step}",
        fine_tuning_job_id=job_name(row.job_id),
        metrics=CheckpointMetrics(step=row.step, train_loss=row.metrics.get("loss")),
        step_number=row.step,
    )
