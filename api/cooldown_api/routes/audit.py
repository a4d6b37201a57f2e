"""Routes of the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import Select, select

from cooldown_api.access import Access, Admin
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import AuditEntry
from cooldown_api.pages import PageCursor, page_of, select_page
from cooldown_api.problems import ProblemError
from cooldown_api.routes.parameters import Moment, may_answer
from cooldown_kit.client import wire

router = APIRouter(tags=["audit"])

_AT_ONCE: Final = 500
_NDJSON: Final = "application/x-ndjson"
_TEXT: Final = r"^[^\x00-\x1f\x7f]+$"


class _Filter:
    """What part of the log is asked for."""

    def __init__(
        self,
        action: Annotated[str | None, Query(max_length=48, pattern=_TEXT, examples=["key.create"])] = None,
        actor: Annotated[str | None, Query(max_length=300, pattern=_TEXT)] = None,
        target: Annotated[str | None, Query(max_length=300, pattern=_TEXT)] = None,
        since: Annotated[Moment | None, Query(description="From this moment on.")] = None,
        until: Annotated[Moment | None, Query(description="Before this moment.")] = None,
        all_projects: Annotated[bool, Query(description="For platform administrators.")] = False,
    ) -> None:
        self.action, self.actor, self.target = action, actor, target
        self.since: datetime | None = since
        self.until: datetime | None = until
        self.all_projects = all_projects

    def statement(self, access: Access) -> Select[AuditEntry]:
        """The log is no table of a project's own, so the project is asked for here."""
        found = select(AuditEntry)
        if not self.all_projects:
            found = found.where(AuditEntry.project_id == access.project)
        elif not access.principal.platform:
            raise ProblemError("not-allowed", "only a platform administrator sees all projects")
        for column, value in (
            (AuditEntry.action, self.action),
            (AuditEntry.actor, self.actor),
            (AuditEntry.target, self.target),
        ):
            if value is not None:
                found = found.where(column == value)
        if self.since is not None:
            found = found.where(AuditEntry.time >= self.since)
        if self.until is not None:
            found = found.where(AuditEntry.time < self.until)
        return found


Filter = Annotated[_Filter, Depends()]


@router.get("/audit", operation_id="list_audit", summary="Who did what", responses=may_answer())
def list_audit(access: Admin, cursor: PageCursor, filter: Filter) -> wire.Page[wire.AuditEntry]:
    """Newest first. Lines are only ever added: the database refuses to change or delete one."""
    with access.read() as session:
        rows, more = select_page(session, filter.statement(access), AuditEntry.id, cursor)
        return page_of([_entry(row) for row in rows], more)


@router.get(
    "/audit/export",
    operation_id="export_audit",
    summary="The audit log as a file",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "One JSON object a line, oldest first.",
            "content": {_NDJSON: {"schema": {"type": "string"}}},
        },
        **may_answer(),
    },
)
def export_audit(access: Admin, filter: Filter) -> StreamingResponse:
    """Oldest first, one JSON object a line, of any length in little memory."""
    return StreamingResponse(
        _lines(access, filter.statement(access)),
        media_type=_NDJSON,
        headers={"Content-Disposition": 'attachment; filename="audit.ndjson"'},
    )


def _lines(access: Access, statement: Select[AuditEntry]) -> Iterator[str]:
    """A short session for each part: a slow reader holds no connection."""
    after = ""
    while True:
        with access.service.database.read(ALL_PROJECTS) as session:
            part = session.scalars(
                statement.where(AuditEntry.id > after).order_by(AuditEntry.id).limit(_AT_ONCE)
            ).all()
        if part:
            yield "".join(_entry(row).model_dump_json() + "\n" for row in part)
            after = part[-1].id
        if len(part) < _AT_ONCE:
            return


def _entry(row: AuditEntry) -> wire.AuditEntry:
    return wire.AuditEntry(
        id=row.id,
        time=row.time,
        project=row.project_id,
        actor=row.actor,
        action=row.action,
        target=row.target,
        ip=row.ip,
        request_id=row.request_id,
        detail=row.detail,
    )
