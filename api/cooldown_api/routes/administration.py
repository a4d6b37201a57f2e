"""Routes of projects, their limits and use, and of machines: most of them for platform administrators."""

from __future__ import annotations

from fastapi import APIRouter

from cooldown_api.access import Platform, Viewer
from cooldown_api.operations import projects, workers
from cooldown_api.pages import PageCursor
from cooldown_api.parameters import Id, Month
from cooldown_api.routes.answers import may_answer, may_answer_body
from cooldown_kit.client import wire

router = APIRouter(tags=["administration"])


@router.get("/projects", operation_id="list_projects", summary="All projects", responses=may_answer())
def list_projects(access: Platform, cursor: PageCursor) -> wire.Page[wire.Project]:
    return projects.list_projects(access, cursor)


@router.post(
    "/projects",
    operation_id="create_project",
    summary="Make a project",
    status_code=201,
    responses=may_answer_body("conflict"),
)
def create_project(body: wire.ProjectCreate, access: Platform) -> wire.Project:
    return projects.create_project(access, body)


@router.get(
    "/projects/{id}", operation_id="get_project", summary="One project", responses=may_answer("not-found")
)
def get_project(id: Id, access: Viewer) -> wire.Project:
    """The caller's own; any, for a platform administrator."""
    return projects.get_project(access, id)


@router.patch(
    "/projects/{id}",
    operation_id="update_project",
    summary="Change a project's name and limits",
    responses=may_answer_body("not-found"),
)
def update_project(id: Id, body: wire.ProjectUpdate, access: Platform) -> wire.Project:
    """What is left out stays; an explicit null lifts a limit. Limits hold for what is submitted or claimed from now on."""
    return projects.update_project(access, id, body)


@router.delete(
    "/projects/{id}",
    operation_id="delete_project",
    summary="Delete an empty project",
    responses=may_answer("not-found", "conflict"),
)
def delete_project(id: Id, access: Platform) -> wire.Deleted:
    """One that has had jobs, datasets or files stays: they say what models were made of. Its keys and webhooks go with it."""
    return projects.delete_project(access, id)


@router.get("/usage", operation_id="usage", summary="What the project has used", responses=may_answer())
def usage(access: Viewer, month: Month = None) -> wire.UsageReport:
    return projects.usage_of(access, month)


@router.get(
    "/projects/{id}/usage",
    operation_id="project_usage",
    summary="What a project has used",
    responses=may_answer("not-found"),
)
def project_usage(id: Id, access: Platform, month: Month = None) -> wire.UsageReport:
    return projects.usage_of_any(access, id, month)


@router.get("/workers", operation_id="list_workers", summary="Machines that run jobs", responses=may_answer())
def list_workers(access: Platform, cursor: PageCursor) -> wire.Page[wire.Worker]:
    """Also those that were not heard of for some time (`alive`: false)."""
    return workers.list_workers(access, cursor)


@router.post(
    "/workers/{id}/drain",
    operation_id="drain_worker",
    summary="Give a machine no more jobs",
    responses=may_answer("not-found"),
)
def drain_worker(id: Id, access: Platform) -> wire.Worker:
    """What it runs goes on. Before a machine is taken away."""
    return workers.drain_worker(access, id, True)


@router.post(
    "/workers/{id}/undrain",
    operation_id="undrain_worker",
    summary="Give a machine jobs again",
    responses=may_answer("not-found"),
)
def undrain_worker(id: Id, access: Platform) -> wire.Worker:
    return workers.drain_worker(access, id, False)
