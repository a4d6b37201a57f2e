"""Projects: their limits, and what they have used."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.database.tables import (
    ApiKey,
    Dataset,
    Delivery,
    Idempotency,
    Job,
    Project,
    StoredFile,
    Study,
    Upload,
    Webhook,
)
from cooldown_api.jobs.usage import month_of, month_usage
from cooldown_api.pages import Cursor, page_of, select_page
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.values import check_body
from cooldown_kit.client import wire

_HOUR: Final = 3600.0
_LIMITS: Final = (
    "name",
    "weight",
    "max_running",
    "max_queued",
    "gpu_hours_per_month",
    "job_hours_per_month",
    "storage_bytes",
)
_NEVER_NULL: Final = ("name", "weight")


def list_projects(access: Access, cursor: Cursor) -> wire.Page[wire.Project]:
    """All of them, in the order of their names in addresses."""
    with access.read_all() as session:
        rows, more = select_page(session, select(Project), Project.id, cursor, "asc")
        return page_of([_project(row) for row in rows], more)


def create_project(access: Access, body: wire.ProjectCreate) -> wire.Project:
    """Raises :class:`ProblemError` ``conflict`` where there is one of that id."""
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


def get_project(access: Access, id: str) -> wire.Project:
    """The caller's own; any, for a platform administrator."""
    if id != access.project and not access.principal.platform:
        raise not_found("project", id)
    with access.read() as session:
        return _project(_find(session, id))


def update_project(access: Access, id: str, body: wire.ProjectUpdate) -> wire.Project:
    """What is left out stays; an explicit null lifts a limit. Limits hold for what is submitted or claimed from now on."""
    check_body(body)
    with access.write_all() as session:
        row = _find(session, id)
        _apply(row, body)
        session.flush()
        access.audit(session, "project.update", id, of_project=id, **_changes(body))
        return _project(row)


def delete_project(access: Access, id: str) -> wire.Deleted:
    """Its keys and webhooks go with it.

    Raises :class:`ProblemError` ``conflict`` where it has had jobs, datasets or files: they say what models were made of.
    """
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


def usage_of(access: Access, month: str | None = None) -> wire.UsageReport:
    """Of the caller's project in a month (``2026-11``), by default this one."""
    with access.read() as session:
        return _usage(session, access, access.project, month)


def usage_of_any(access: Access, id: str, month: str | None = None) -> wire.UsageReport:
    """The same of any project, for platform administrators."""
    with access.read_all() as session:
        return _usage(session, access, _find(session, id).id, month)


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
