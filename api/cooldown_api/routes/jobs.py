"""Jobs: submitted, listed, looked at, and asked to stop, pause, go on or run again."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import JSONResponse
from sqlalchemy import select

from cooldown_api.access import Editor, Viewer
from cooldown_api.creating.idempotency import IdempotencyKey, once
from cooldown_api.database.tables import Checkpoint
from cooldown_api.http.openapi_document import links
from cooldown_api.http.query_labels import labels_parameter, query_labels
from cooldown_api.jobs.load import load_job
from cooldown_api.jobs.search import LISTED, JobFilter, find_jobs
from cooldown_api.operations import jobs
from cooldown_api.pages import ID_PATTERN, Order, PageCursor, page_of, select_page
from cooldown_api.parameters import Id, NameQuery, WaitSeconds
from cooldown_api.reading.lineage import lineage_of
from cooldown_api.reading.views import view_checkpoint, view_job, view_job_detail, view_jobs
from cooldown_api.routes.answers import may_answer, may_answer_body, may_answer_creating
from cooldown_api.streaming.until import when_ended
from cooldown_kit.client import wire
from cooldown_kit.client.states import State

router = APIRouter(tags=["jobs"])
_METADATA: Final = labels_parameter("Labels that a job must have: `metadata[team]=search`.")


@router.post(
    "/jobs",
    operation_id="create_job",
    summary="Submit a job",
    status_code=201,
    response_model=wire.Job,
    responses={**may_answer_creating("not-found", "conflict"), **links(201, "get_job", "cancel_job")},
)
def create_job(access: Editor, body: wire.JobCreate, key: IdempotencyKey = None) -> JSONResponse:
    """From a recipe, from a recipe and a dataset that stands in for its sources, or from a plan: then what was shown is what runs."""

    return once(access, key, "create_job", body, 201, lambda: jobs.job_maker(access, body), _address)


@router.get(
    "/jobs",
    operation_id="list_jobs",
    summary="List jobs",
    responses=may_answer(),
    openapi_extra=_METADATA,
)
def list_jobs(
    access: Viewer,
    request: Request,
    cursor: PageCursor,
    state: Annotated[list[State], Query(max_length=16, description="May be given more than once.")] = [],  # noqa: B006
    kind: wire.Kind | None = None,
    name: NameQuery = None,
    created_by: Annotated[str | None, Query(max_length=256, pattern=r"^[!-~]+$")] = None,
    study: Annotated[str | None, Query(max_length=64, pattern=ID_PATTERN)] = None,
    order: Order = "desc",
) -> wire.Page[wire.Job]:
    """Runs and the making of datasets, newest first; plans only where `kind` asks for them."""
    wanted = JobFilter(
        kinds=LISTED if kind is None else (kind,),
        states=[one.value for one in state],
        name=name,
        created_by=created_by,
        study=study,
        labels=query_labels(request),
    )
    with access.read() as session:
        rows, more = find_jobs(session, wanted, cursor, order)
        return page_of(view_jobs(session, rows), more)


@router.get("/jobs/{id}", operation_id="get_job", summary="Get a job", responses=may_answer("not-found"))
async def get_job(access: Viewer, id: Id, wait: WaitSeconds = 0) -> wire.JobDetail:
    """With its recipe and its attempts. With `wait` it answers when the job has ended, or after so many seconds."""
    return await when_ended(access, id, wait, lambda session: load_job(session, id), view_job_detail)


@router.post(
    "/jobs/{id}/cancel",
    operation_id="cancel_job",
    summary="Cancel a job",
    responses=may_answer("not-found", "conflict"),
)
def cancel_job(access: Editor, id: Id) -> wire.Job:
    """What waits ends at once. What runs saves a checkpoint, frees its GPU and ends: `cancelling`, then `cancelled`. Asking twice changes nothing."""
    return jobs.change_job(access, id, "cancel", view_job)


@router.post(
    "/jobs/{id}/pause",
    operation_id="pause_job",
    summary="Pause a job",
    responses=may_answer("not-found", "conflict"),
)
def pause_job(access: Editor, id: Id) -> wire.Job:
    """It saves a checkpoint, frees its GPU and waits for `resume`. Asking twice changes nothing."""
    return jobs.change_job(access, id, "pause", view_job)


@router.post(
    "/jobs/{id}/resume",
    operation_id="resume_job",
    summary="Resume a job",
    responses=may_answer("not-found", "conflict"),
)
def resume_job(access: Editor, id: Id) -> wire.Job:
    """Queue a paused job again; it goes on from its checkpoint."""
    return jobs.change_job(access, id, "resume", view_job)


@router.post(
    "/jobs/{id}/rerun",
    operation_id="rerun_job",
    summary="Run an ended job again",
    status_code=201,
    response_model=wire.Job,
    responses={
        **may_answer_body("not-found", "conflict", "quota-exceeded", "queue-full", "idempotency-mismatch"),
        **links(201, "get_job", "cancel_job"),
    },
)
def rerun_job(
    access: Editor,
    id: Id,
    body: Annotated[wire.JobRerun | None, Body()] = None,
    key: IdempotencyKey = None,
) -> JSONResponse:
    """Another job with the same recipe, `rerun_of` this one. It goes on from the stages and the checkpoint that are there."""
    return once(
        access,
        key,
        f"rerun_job {id}",
        body,
        201,
        lambda: jobs.rerun_maker(access, id, body or wire.JobRerun()),
        _address,
    )


def _address(job: wire.Job) -> str:
    return f"/v1/jobs/{job.id}"


@router.get(
    "/jobs/{id}/queue",
    operation_id="get_queue_place",
    summary="What a job waits for, and who holds it",
    responses=may_answer("not-found"),
)
def get_queue_place(access: Viewer, id: Id) -> wire.QueuePlace:
    """Its place in the queue of all projects. Jobs of other projects are counted, and not named."""
    return jobs.place_in_queue(access, id)


@router.get(
    "/jobs/{id}/checkpoints",
    operation_id="list_checkpoints",
    summary="List a job's checkpoints",
    responses=may_answer("not-found"),
)
def list_checkpoints(access: Viewer, id: Id, cursor: PageCursor) -> wire.Page[wire.Checkpoint]:
    """Newest first."""
    with access.read() as session:
        load_job(session, id)
        statement = select(Checkpoint).where(Checkpoint.job_id == id)
        rows, more = select_page(session, statement, Checkpoint.id, cursor)
        return page_of([view_checkpoint(row) for row in rows], more)


@router.get(
    "/jobs/{id}/lineage",
    operation_id="get_lineage",
    summary="From repositories at their revisions to the model",
    responses=may_answer("not-found"),
)
def get_lineage(access: Viewer, id: Id) -> wire.Lineage:
    """Each thing with the digest of its contents, as far as the job has come."""
    with access.read() as session:
        return lineage_of(session, load_job(session, id))
