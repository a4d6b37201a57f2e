"""`/v1/files`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from cooldown_api.access import Access, Editor, Viewer
from cooldown_api.database.tables import Job, StoredFile
from cooldown_api.files.check import check_file
from cooldown_api.files.folders import Incoming, path_of
from cooldown_api.files.multipart import receive
from cooldown_api.files.stored import PURPOSE, check_purpose, delete_file, find_file, keep_file, present
from cooldown_api.http.openapi_document import links
from cooldown_api.openai import result_file
from cooldown_api.openai.expiry import seconds_of
from cooldown_api.openai.file_views import view_file
from cooldown_api.openai.names import body_of, file_body
from cooldown_api.openai.route import OpenAIRoute, invalid, may_answer
from cooldown_api.openai.shapes import FileDeleted, FileObject, ListPage, list_page
from cooldown_api.pages import ID_PATTERN, Cursor, Order, select_page
from cooldown_api.problems import ProblemError, not_found

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)
FileId = Annotated[str, Path(max_length=64, pattern=ID_PATTERN)]
After = Annotated[str | None, Query(max_length=128)]
_FORM: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                        "purpose": {"type": "string", "enum": [PURPOSE]},
                        "expires_after[anchor]": {"type": "string", "enum": ["created_at"]},
                        "expires_after[seconds]": {"type": "integer", "minimum": 3600, "maximum": 2592000},
                    },
                }
            }
        },
    }
}


@router.post(
    "/files",
    operation_id="create_file",
    summary="Upload a file",
    responses={
        **may_answer("body-too-large", "unsupported-media-type", "quota-exceeded"),
        **links(200, "get_file", "get_file_content", "delete_file"),
    },
    openapi_extra=_FORM,
)
async def create_file(access: Editor, request: Request) -> FileObject:
    """JSON lines to train on, a recipe, or a manifest of repositories. It is checked before the answer: `status` says how that ended."""
    settings = access.service.settings
    incoming = await run_in_threadpool(Incoming, settings, access.project)
    try:
        form = await receive(request, "file", incoming, settings.limits.upload_bytes)
        return await run_in_threadpool(_keep, access, incoming, form.filename, form.fields)
    finally:
        await run_in_threadpool(incoming.__exit__)


def _keep(access: Access, incoming: Incoming, filename: str, fields: dict[str, str]) -> FileObject:
    unknown = sorted(fields.keys() - {"purpose", "expires_after[anchor]", "expires_after[seconds]"})
    if unknown:
        raise invalid(unknown[0][:64], f"there is no field `{unknown[0][:64]}`", code="unknown_parameter")
    check_purpose(fields.get("purpose"))
    seconds = seconds_of(fields.get("expires_after[anchor]"), fields.get("expires_after[seconds]"))
    return view_file(keep_file(access, incoming, filename, check_file(incoming.path), seconds))


@router.get("/files", operation_id="list_files", summary="List files", responses=may_answer())
def list_files(
    access: Viewer,
    after: After = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Order = "desc",
    purpose: Annotated[str | None, Query(max_length=64)] = None,
) -> ListPage[FileObject]:
    """Uploaded files and the result files of jobs, newest first, by when the file came or the job was created."""
    position = file_body(after or "")
    if after is not None and position is None:
        raise invalid("after", "it must be the id of a file")
    found: list[tuple[str, StoredFile | Job]] = []
    more_files = more_results = False
    with access.read() as session:
        if purpose in (None, PURPOSE):
            files = present(select(StoredFile), access.now(session))
            cursor = Cursor(f"file-{position}" if after else None, limit)
            rows, more_files = select_page(session, files, StoredFile.id, cursor, order)
            found += [(row.id.removeprefix("file-"), row) for row in rows]
        if purpose in (None, result_file.PURPOSE):
            jobs = result_file.with_results(select(Job))
            cursor = Cursor(f"job_{position}" if after else None, limit)
            done, more_results = select_page(session, jobs, Job.id, cursor, order)
            found += [(body_of(job.id), job) for job in done]
    found.sort(key=lambda item: item[0], reverse=order == "desc")
    shown = [_view(access, row) for _, row in found[:limit]]
    return list_page(shown, more_files or more_results or len(found) > limit)


def _view(access: Access, row: StoredFile | Job) -> FileObject:
    if isinstance(row, Job):
        return result_file.view_result_file(access.service.database, row)
    return view_file(row)


@router.get("/files/{id}", operation_id="get_file", summary="Get a file", responses=may_answer("not-found"))
def get_file(access: Viewer, id: FileId) -> FileObject:
    return _view(access, _find(access, id))


@router.get(
    "/files/{id}/content",
    operation_id="get_file_content",
    summary="Download a file",
    responses={
        **may_answer("not-found", "range-not-satisfiable"),
        200: {
            "content": {
                "application/octet-stream": {
                    "schema": {"type": "string", "contentMediaType": "application/octet-stream"}
                }
            }
        },
    },
    response_class=Response,
)
def get_file_content(access: Viewer, id: FileId) -> Response:
    row = _find(access, id)
    headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    if isinstance(row, Job):
        lines: Iterator[bytes] = result_file.content(access.service.database, row.id)
        return StreamingResponse(lines, media_type="text/csv", headers=headers)
    path = path_of(access.service.settings, row)
    if not path.is_file():
        raise not_found("content of the file", id)
    return FileResponse(path, media_type="application/octet-stream", headers=headers)


@router.delete(
    "/files/{id}",
    operation_id="delete_file",
    summary="Delete a file",
    responses=may_answer("not-found", "conflict"),
)
def remove_file(access: Editor, id: FileId) -> FileDeleted:
    """Refused while a job that has not ended uses it. A job's result file goes with its job."""
    if isinstance(_find(access, id), Job):
        raise ProblemError(
            "conflict", f"{id} holds the metrics of a job and is made of them", openai_code="file_in_use"
        )
    delete_file(access, id)
    return FileDeleted(id=id)


def _find(access: Access, id: str) -> StoredFile | Job:
    with access.read() as session:
        job = result_file.find_job_with_results(session, id)
        return job if job is not None else find_file(session, id, access.now(session))
