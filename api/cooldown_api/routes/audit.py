"""Routes of the audit log."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from cooldown_api.access import Admin
from cooldown_api.operations import audit
from cooldown_api.pages import PageCursor
from cooldown_api.parameters import AuditQuery
from cooldown_api.routes.answers import may_answer
from cooldown_kit.client import wire

router = APIRouter(tags=["audit"])

_NDJSON: Final = "application/x-ndjson"


@router.get("/audit", operation_id="list_audit", summary="Who did what", responses=may_answer())
def list_audit(access: Admin, cursor: PageCursor, wanted: AuditQuery) -> wire.Page[wire.AuditEntry]:
    """Newest first. Lines are only ever added: the database refuses to change or delete one."""
    return audit.list_audit(access, cursor, wanted)


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
def export_audit(access: Admin, wanted: AuditQuery) -> StreamingResponse:
    """Oldest first, one JSON object a line, of any length in little memory."""
    return StreamingResponse(
        (f"{entry.model_dump_json()}\n" for entry in audit.read_audit(access, wanted)),
        media_type=_NDJSON,
        headers={"Content-Disposition": 'attachment; filename="audit.ndjson"'},
    )
