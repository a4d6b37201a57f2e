"""`/v1/uploads`: files in parts."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from cooldown_api.access import Editor
from cooldown_api.files.folders import Incoming
from cooldown_api.files.multipart import receive
from cooldown_api.files.stored import check_purpose
from cooldown_api.files.uploads import (
    MOST_PARTS,
    cancel_upload,
    complete_upload,
    create_upload,
    keep_part,
    room_for_part,
)
from cooldown_api.http.openapi_document import links
from cooldown_api.openai.expiry import ExpiresAfter
from cooldown_api.openai.file_views import view_part, view_upload
from cooldown_api.openai.route import OpenAIRoute, invalid, may_answer
from cooldown_api.openai.shapes import UploadObject, UploadPartObject
from cooldown_api.pages import ID_PATTERN

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)
UploadId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN)]
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["data"],
                    "properties": {
                        "data": {"type": "string", "contentMediaType": "application/octet-stream"}
                    },
                }
            }
        },
    }
}


class UploadCreate(BaseModel):
    model_config = ConfigDict(extra="forbid")

    bytes: Annotated[int, Field(ge=1, lt=2**63)]
    filename: Annotated[str, Field(min_length=1, max_length=1024)]
    mime_type: Annotated[str, Field(min_length=1, max_length=128)]
    purpose: Annotated[str, Field(max_length=64)]
    expires_after: ExpiresAfter | None = None


class UploadComplete(BaseModel):
    model_config = ConfigDict(extra="forbid")

    part_ids: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=MOST_PARTS)
    ]
    """In the order in which the parts are put together."""
    md5: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{32}$")] | None = None


@router.post(
    "/uploads",
    operation_id="create_upload",
    summary="Begin a file that comes in parts",
    responses={
        **may_answer("body-too-large", "quota-exceeded"),
        **links(200, "add_upload_part", "complete_upload", "cancel_upload"),
    },
)
def begin(access: Editor, body: UploadCreate) -> UploadObject:
    """It must be completed within an hour."""
    check_purpose(body.purpose)
    if "\0" in body.filename + body.mime_type:
        raise invalid("filename", "a NUL character is part of no name")
    row = create_upload(
        access,
        filename=body.filename,
        purpose=body.purpose,
        mime_type=body.mime_type,
        bytes=body.bytes,
        expires_after=body.expires_after.seconds if body.expires_after else None,
    )
    return view_upload(row)


@router.post(
    "/uploads/{id}/parts",
    operation_id="add_upload_part",
    summary="Send one part",
    responses=may_answer("not-found", "conflict", "body-too-large", "unsupported-media-type"),
    openapi_extra=_FORM,
)
async def add_part(access: Editor, id: UploadId, request: Request) -> UploadPartObject:
    """Parts may come at the same time and in any order."""
    settings = access.service.settings
    room = await run_in_threadpool(room_for_part, access, id)
    incoming = await run_in_threadpool(Incoming, settings, access.project)
    try:
        form = await receive(request, "data", incoming, room)
        if form.fields:
            name = next(iter(form.fields))[:64]
            raise invalid(name, f"there is no field `{name}`", code="unknown_parameter")
        return view_part(await run_in_threadpool(keep_part, access, id, incoming))
    finally:
        await run_in_threadpool(incoming.__exit__)


@router.post(
    "/uploads/{id}/complete",
    operation_id="complete_upload",
    summary="Put the parts together",
    responses=may_answer("not-found", "conflict", "quota-exceeded"),
)
def complete(access: Editor, id: UploadId, body: UploadComplete) -> UploadObject:
    """The bytes of the parts must be as many as were said, and have the MD5 sum that is given. The file is checked as any other."""
    upload, file = complete_upload(access, id, body.part_ids, body.md5)
    return view_upload(upload, file)


@router.post(
    "/uploads/{id}/cancel",
    operation_id="cancel_upload",
    summary="Give an upload up",
    responses=may_answer("not-found", "conflict"),
)
def cancel(access: Editor, id: UploadId) -> UploadObject:
    return view_upload(cancel_upload(access, id))
