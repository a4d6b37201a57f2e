"""Files that a job gave: its report, its adapter, its model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import select

from cooldown_api.access import Access, Viewer
from cooldown_api.database.tables import Artefact
from cooldown_api.http.ranges import etag_of, not_modified, range_of
from cooldown_api.http.threads import in_download_threads
from cooldown_api.jobs.load import load_job
from cooldown_api.pages import page_of
from cooldown_api.parameters import Id
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.reading.views import view_artefact
from cooldown_api.routes.answers import may_answer
from cooldown_kit.client import wire

router = APIRouter(tags=["jobs"])

ArtefactName = Annotated[
    str,
    Path(
        min_length=1,
        max_length=512,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        examples=["adapter/adapter_model.safetensors"],
    ),
]
RangeHeader = Annotated[
    str | None,
    Header(alias="Range", max_length=200, description="`bytes=0-1023`, `bytes=1024-` or `bytes=-512`."),
]
IfRange = Annotated[str | None, Header(alias="If-Range", max_length=200)]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=2000)]
_PIECE = 1 << 20
_REPORT = "report.html"
_REPORT_POLICY = "sandbox allow-scripts allow-popups; frame-ancestors 'self'"
"""The report names its own two scripts by hash; in a sandbox it also has no origin whose cookies or pages it could use."""
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    206: {
        "description": "The part that was asked for.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    304: {"description": "The client has it already."},
}


@router.get(
    "/jobs/{id}/artefacts",
    operation_id="list_artefacts",
    summary="List a job's files",
    responses=may_answer("not-found"),
)
def list_artefacts(
    access: Viewer,
    id: Id,
    after: Annotated[str | None, Query(max_length=512, pattern=r"^[^\x00-\x1f\x7f]+$")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> wire.Page[wire.Artefact]:
    """By name. Each has the SHA-256 of its contents."""
    with access.read() as session:
        load_job(session, id)
        statement = select(Artefact).where(Artefact.job_id == id)
        if after is not None:
            statement = statement.where(Artefact.name > after)
        rows = session.scalars(statement.order_by(Artefact.name).limit(limit + 1)).all()
        items = [view_artefact(row) for row in rows[:limit]]
        return page_of(items, len(rows) > limit, lambda item: item.name)


@router.get(
    "/jobs/{id}/artefacts/{name:path}",
    operation_id="download_artefact",
    summary="Download a file, or a part of it",
    response_class=Response,
    responses={**may_answer("not-found", "range-not-satisfiable", "gone"), **_BYTES},
)
def download_artefact(
    access: Viewer,
    id: Id,
    name: ArtefactName,
    range: RangeHeader = None,
    if_range: IfRange = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The `ETag` is the SHA-256 of the whole file, so that a download that broke off goes on with `Range` and `If-Range`."""
    row = _find(access, id, name)
    etag = etag_of(row.sha256)
    if not_modified(if_none_match, etag):
        return Response(status_code=304, headers={"etag": etag})
    part = range_of(range, if_range, etag, row.bytes)
    start, end = part or (0, row.bytes)
    headers = {**_headers(row), "content-length": str(end - start)}
    if part is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{row.bytes}"
    return StreamingResponse(
        in_download_threads(_pieces(_open(access, row), start, end)),
        200 if part is None else 206,
        headers,
        row.media_type,
    )


@router.head(
    "/jobs/{id}/artefacts/{name:path}",
    operation_id="look_at_artefact",
    summary="Size and digest of a file",
    response_class=Response,
    responses={**may_answer("not-found"), 200: {"description": "As `GET`, without the file."}},
)
def look_at_artefact(access: Viewer, id: Id, name: ArtefactName) -> Response:
    """What `GET` would send, without the file."""
    row = _find(access, id, name)
    headers = {**_headers(row), "content-length": str(row.bytes)}
    return Response(headers=headers, media_type=row.media_type)


@router.get(
    "/jobs/{id}/report",
    operation_id="get_report",
    summary="A job's report, to be looked at",
    response_class=Response,
    responses={
        **may_answer("not-found", "gone"),
        200: {"description": "The report.", "content": {"text/html": {"schema": {"type": "string"}}}},
        304: {"description": "The client has it already."},
    },
)
def get_report(access: Viewer, id: Id, if_none_match: IfNoneMatch = None) -> Response:
    """One HTML page that needs no network. It is sent in a sandbox: its scripts draw charts and reach nothing of the service."""
    row = _find(access, id, _REPORT)
    etag = etag_of(row.sha256)
    if not_modified(if_none_match, etag):
        return Response(status_code=304, headers={"etag": etag})
    headers = {
        **_headers(row),
        "content-length": str(row.bytes),
        "content-disposition": "inline",
        "content-security-policy": _REPORT_POLICY,
        "x-frame-options": "SAMEORIGIN",
    }
    return StreamingResponse(
        in_download_threads(_pieces(_open(access, row), 0, row.bytes)),
        200,
        headers,
        "text/html; charset=utf-8",
    )


def _find(access: Access, id: str, name: str) -> Artefact:
    with access.read() as session:
        load_job(session, id)
        row = session.scalar(select(Artefact).where(Artefact.job_id == id, Artefact.name == name))
    if row is None:
        raise not_found("artefact", name)
    return row


def _headers(row: Artefact) -> dict[str, str]:
    file = row.name.rpartition("/")[2]
    return {
        "etag": etag_of(row.sha256),
        "accept-ranges": "bytes",
        "cache-control": "private, no-cache",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file, safe='')}",
        "x-content-type-options": "nosniff",
    }


def _open(access: Access, row: Artefact) -> IO[bytes]:
    """Before the first byte is sent, so that a file that is not there any more is a problem and no torn answer."""
    try:
        return access.service.artefacts.open(row.project_id, row.job_id, row.name)
    except FileNotFoundError:
        raise ProblemError(
            "gone",
            f"{row.name} is not in the store of artefacts any more",
            where=row.name,
            remedy="run the job again",
        ) from None


def _pieces(file: IO[bytes], start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = end - start
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            left -= len(piece)
            yield piece
