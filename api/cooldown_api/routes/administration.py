"""Routes of projects, their limits and use, and of machines: most of them for platform administrators."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, cast

from fastapi import APIRouter, Query
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access, Platform, Viewer
from cooldown_api.database.tables import (
    ApiKey,
    Attempt,
    Dataset,
    Delivery,
    Gpu,
    Idempotency,
    Job,
    Project,
    StoredFile,
    Study,
    Upload,
    Webhook,
    Worker,
)
from cooldown_api.jobs.usage import month_of, month_usage
from cooldown_api.pages import PageCursor, page_of, select_page
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.routes.parameters import Id, may_answer, may_answer_body
from cooldown_api.values import check_body
from cooldown_kit.client import wire

router = APIRouter(tags=["administration"])

Month = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="`2026-11`, UTC; by default this one."),
]
_HOUR = 3600.0
_LIMITS = (
    "name",
    "weight",
    "max_running",
    "max_queued",
    "gpu_hours_per_month",
    "job_hours_per_month",
    "storage_bytes",
)
_NEVER_NULL = ("name", "weight")


@router.get("/projects", operation_id="list_projects", summary="All projects", responses=may_answer())
def list_projects(access: Platform, cursor: PageCursor) -> wire.Page[wire.Project]:
    with access.read_all() as session:
        rows, more = select_page(session, select(Project), Project.id, cursor, "asc")
        return page_of([_project(row) for row in rows], more)


@router.post(
    "/projects",
    operation_id="create_project",
    summary="Make a project",
    status_code=201,
    responses=may_answer_body("conflict"),
)
def create_project(body: wire.ProjectCreate, access: Platform) -> wire.Project:
    check_body(body)
    with access.write_all() as session:
        if session.get(Project, body.id) is not None:
            raise ProblemError("conflict", f"there is a project {body.id!r} already", where="id")
        row = Project(id=body.id, name=body.id, weight=1.0, created_at=access.now(session))
        _apply(row, body)
        session.add(row)
        session.flush()
        access.audit(session, "project.create", row.id, of_project=row.id, **_changes(body))
        return _project(row)


@router.get(
    "/projects/{id}", operation_id="get_project", summary="One project", responses=may_answer("not-found")
)
def get_project(id: Id, access: Viewer) -> wire.Project:
    """The caller's own; any, for a platform administrator."""
    if id != access.project and not access.principal.platform:
        raise not_found("project", id)
    with access.read() as session:
        return _project(_find(session, id))


@router.patch(
    "/projects/{id}",
    operation_id="update_project",
    summary="Change a project's name and limits",
    responses=may_answer_body("not-found"),
)
def update_project(id: Id, body: wire.ProjectUpdate, access: Platform) -> wire.Project:
    """What is left out stays; an explicit null lifts a limit. Limits hold for what is submitted or claimed from now on."""
    check_body(body)
    with access.write_all() as session:
        row = _find(session, id)
        _apply(row, body)
        session.flush()
        access.audit(session, "project.update", id, of_project=id, **_changes(body))
        return _project(row)


@router.delete(
    "/projects/{id}",
    operation_id="delete_project",
    summary="Delete an empty project",
    responses=may_answer("not-found", "conflict"),
)
def delete_project(id: Id, access: Platform) -> wire.Deleted:
    """One that has had jobs, datasets or files stays: they say what models were made of. Its keys and webhooks go with it."""
    with access.write_all() as session:
        _find(session, id)
        if id == access.service.settings.default_project:
            raise ProblemError("conflict", "the default project cannot be deleted")
        for table, what in (
            (Job, "jobs"),
            (Dataset, "datasets"),
            (Study, "studies"),
            (StoredFile, "files"),
            (Upload, "uploads"),
        ):
            if session.scalar(select(func.count()).select_from(table).where(table.project_id == id)):
                raise ProblemError(
                    "conflict",
                    f"{id} has {what}",
                    remedy="revoke its keys instead, and set `max_queued` to 0",
                )
        for owned in (Delivery, ApiKey, Webhook, Idempotency):
            session.execute(delete(owned).where(owned.project_id == id))
        session.execute(delete(Project).where(Project.id == id))
        access.audit(session, "project.delete", id, of_project=id)
    access.service.callers.known.forget_all()
    return wire.Deleted(id=id, object="project")


@router.get("/usage", operation_id="usage", summary="What the project has used", responses=may_answer())
def usage(access: Viewer, month: Month = None) -> wire.UsageReport:
    with access.read() as session:
        return _usage(session, access, access.project, month)


@router.get(
    "/projects/{id}/usage",
    operation_id="project_usage",
    summary="What a project has used",
    responses=may_answer("not-found"),
)
def project_usage(id: Id, access: Platform, month: Month = None) -> wire.UsageReport:
    with access.read_all() as session:
        return _usage(session, access, _find(session, id).id, month)


@router.get("/workers", operation_id="list_workers", summary="Machines that run jobs", responses=may_answer())
def list_workers(access: Platform, cursor: PageCursor) -> wire.Page[wire.Worker]:
    """Also those that were not heard of for some time (`alive`: false)."""
    with access.read_all() as session:
        rows, more = select_page(session, select(Worker), Worker.id, cursor)
        return page_of([_worker(session, access, row) for row in rows], more)


@router.post(
    "/workers/{id}/drain",
    operation_id="drain_worker",
    summary="Give a machine no more jobs",
    responses=may_answer("not-found"),
)
def drain_worker(id: Id, access: Platform) -> wire.Worker:
    """What it runs goes on. Before a machine is taken away."""
    return _drain(id, access, True)


@router.post(
    "/workers/{id}/undrain",
    operation_id="undrain_worker",
    summary="Give a machine jobs again",
    responses=may_answer("not-found"),
)
def undrain_worker(id: Id, access: Platform) -> wire.Worker:
    return _drain(id, access, False)


def _drain(id: str, access: Access, draining: bool) -> wire.Worker:
    with access.write_all() as session:
        row = session.get(Worker, id, with_for_update=True)
        if row is None:
            raise not_found("worker", id)
        row.draining = draining
        access.audit(session, "worker.drain" if draining else "worker.undrain", id)
        session.flush()
        return _worker(session, access, row)


def _find(session: Session, id: str) -> Project:
    row = session.get(Project, id)
    if row is None:
        raise not_found("project", id)
    return row


def _apply(row: Project, body: wire.ProjectUpdate) -> None:
    for name, value in _changes(body).items():
        setattr(row, name, value)


def _changes(body: wire.ProjectUpdate) -> dict[str, object]:
    """What was really sent: null and nothing are not the same."""
    return {
        name: getattr(body, name)
        for name in _LIMITS
        if name in body.model_fields_set and not (name in _NEVER_NULL and getattr(body, name) is None)
    }


def _project(row: Project) -> wire.Project:
    return wire.Project.model_validate(
        {"id": row.id, "created_at": row.created_at, **{name: getattr(row, name) for name in _LIMITS}}
    )


def _usage(session: Session, access: Access, project: str, month: str | None) -> wire.UsageReport:
    month = month or month_of(access.now(session))
    found = month_usage(session, project, month)
    return wire.UsageReport(
        project=project,
        month=month,
        used_job_hours=found.used_job_seconds / _HOUR,
        used_gpu_hours=found.used_gpu_seconds / _HOUR,
        held_job_hours=found.held_job_seconds / _HOUR,
        held_gpu_hours=found.held_gpu_seconds / _HOUR,
    )


def _worker(session: Session, access: Access, row: Worker) -> wire.Worker:
    lease = timedelta(seconds=access.service.settings.worker.lease_seconds)
    running = session.scalar(
        select(func.count()).select_from(Attempt).where(Attempt.worker_id == row.id, Attempt.state != "ended")
    )
    gpus = session.scalars(select(Gpu).where(Gpu.host_id == row.host_id).order_by(Gpu.uuid))
    return wire.Worker(
        id=row.id,
        hostname=row.hostname,
        version=row.version,
        alive=row.heartbeat_at > access.now(session) - lease,
        draining=row.draining,
        slots=row.slots,
        running=running or 0,
        executors=cast(list[wire.Executor], row.executors),
        gpus=[
            wire.Gpu(
                uuid=gpu.uuid, name=gpu.name, memory_bytes=gpu.memory_bytes, busy=gpu.attempt_id is not None
            )
            for gpu in gpus
        ],
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
    )
