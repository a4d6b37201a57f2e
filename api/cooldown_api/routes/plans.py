"""Plans: dry runs that harvest, curate and tokenise, and show what a run would do and cost."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import select

from cooldown_api.access import Editor, Viewer
from cooldown_api.creating.idempotency import IdempotencyKey, once
from cooldown_api.database.tables import Job
from cooldown_api.http.openapi_document import links
from cooldown_api.jobs.load import load_job
from cooldown_api.operations import jobs
from cooldown_api.pages import PageCursor, page_of, select_page
from cooldown_api.parameters import Id, WaitSeconds
from cooldown_api.reading.views import view_job, view_job_detail, view_jobs
from cooldown_api.routes.answers import may_answer, may_answer_creating
from cooldown_api.streaming.until import when_ended
from cooldown_kit.client import wire

router = APIRouter(tags=["plans"])


@router.post(
    "/plans",
    operation_id="create_plan",
    summary="Plan a recipe",
    status_code=202,
    response_model=wire.Job,
    responses={**may_answer_creating("not-found", "conflict"), **links(202, "get_plan", "cancel_plan")},
)
def create_plan(access: Editor, body: wire.PlanCreate, key: IdempotencyKey = None) -> JSONResponse:
    """Queue a dry run. When it has succeeded, `result.plan` says what a run would do, and `POST /v1/jobs` with `{"plan": id}` runs just that."""

    return once(
        access,
        key,
        "create_plan",
        body,
        202,
        lambda: jobs.plan_maker(access, body),
        lambda plan: f"/v1/plans/{plan.id}",
    )


@router.get("/plans", operation_id="list_plans", summary="List plans", responses=may_answer())
def list_plans(access: Viewer, cursor: PageCursor) -> wire.Page[wire.Job]:
    """Newest first."""
    with access.read() as session:
        rows, more = select_page(session, select(Job).where(Job.kind == "plan"), Job.id, cursor)
        return page_of(view_jobs(session, rows), more)


@router.get("/plans/{id}", operation_id="get_plan", summary="Get a plan", responses=may_answer("not-found"))
async def get_plan(access: Viewer, id: Id, wait: WaitSeconds = 0) -> wire.JobDetail:
    """With `wait` it answers when the plan has ended, or after so many seconds."""
    return await when_ended(access, id, wait, lambda session: load_job(session, id, "plan"), view_job_detail)


@router.post(
    "/plans/{id}/cancel",
    operation_id="cancel_plan",
    summary="Cancel a plan",
    responses=may_answer("not-found", "conflict"),
)
def cancel_plan(access: Editor, id: Id) -> wire.Job:
    """What waits ends at once; what runs stops soon. Asking twice changes nothing."""
    return jobs.change_job(access, id, "cancel", view_job, "plan")
