"""Files that come in parts: each part is a file of its own until all are there, and are put together in the order that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import StoredFile, Upload, UploadPart
from cooldown_api.files.check import check_file
from cooldown_api.files.folders import Incoming, parts_folder, remove_parts
from cooldown_api.files.stored import file_name, keep_file
from cooldown_api.jobs.storage import check_storage
from cooldown_api.problems import ProblemError, not_found

SECONDS: Final = 3600
"""How long an upload may take."""
MOST_PARTS: Final = 10_000
_CHUNK: Final = 1 << 20
_SWEPT_AT_ONCE: Final = 20


def create_upload(
    access: Access, *, filename: str, purpose: str, mime_type: str, bytes: int, expires_after: int | None
) -> Upload:
    """Begin. Raises :class:`ProblemError` where the file would be larger than files may be."""
    most = access.service.settings.limits.upload_bytes
    if bytes > most:
        raise ProblemError("body-too-large", f"a file may have {most:,} bytes here", param="bytes")
    with access.write() as session:
        now = access.now(session)
        _sweep(access, session)
        check_storage(session, access.project, bytes)
        row = Upload(
            id=new_id("upload"),
            filename=file_name(filename),
            purpose=purpose,
            mime_type=mime_type,
            bytes=bytes,
            status="pending",
            file_expires_after=expires_after,
            created_at=now,
            expires_at=now + timedelta(seconds=SECONDS),
        )
        session.add(row)
        access.audit(session, "upload.create", row.id, bytes=bytes)
    return row


def room_for_part(access: Access, id: str) -> int:
    """Bytes that a part of this upload may have: a part that was sent twice has room, a third time none."""
    with access.read() as session:
        row = _find(access, session, id)
        _check_pending(row)
        parts = select(func.coalesce(func.sum(UploadPart.bytes), 0), func.count())
        sent, count = session.execute(parts.where(UploadPart.upload_id == id)).one()
        if count >= MOST_PARTS:
            raise ProblemError("bad-request", f"an upload has {MOST_PARTS:,} parts at most", param="data")
        return max(2 * row.bytes - int(sent), 0)


def keep_part(access: Access, id: str, incoming: Incoming) -> UploadPart:
    with access.write() as session:
        row = _find(access, session, id, lock=True)
        _check_pending(row)
        part = UploadPart(
            id=new_id("part"), upload_id=id, bytes=incoming.bytes, created_at=access.now(session)
        )
        incoming.keep(parts_folder(access.service.settings, access.project, id) / part.id)
        session.add(part)
    return part


def complete_upload(
    access: Access, id: str, part_ids: Sequence[str], md5: str | None
) -> tuple[Upload, StoredFile]:
    """Put the parts together. Raises :class:`ProblemError` where one is not there, or their bytes or checksum are not what was said."""
    upload = _begin_completing(access, id, part_ids)
    try:
        file = _put_together(access, upload, part_ids, md5)
    except BaseException:
        _set_status(access, id, "pending")
        raise
    with access.write() as session:
        upload = _find(access, session, id, lock=True)
        upload.status, upload.file_id = "completed", file.id
        session.execute(delete(UploadPart).where(UploadPart.upload_id == id))
    remove_parts(access.service.settings, access.project, id)
    return upload, file


def cancel_upload(access: Access, id: str) -> Upload:
    """Nothing may be added afterwards. Asking twice changes nothing."""
    with access.write() as session:
        row = _find(access, session, id, lock=True)
        if row.status != "cancelled":
            _check_pending(row)
            row.status = "cancelled"
            session.execute(delete(UploadPart).where(UploadPart.upload_id == id))
            access.audit(session, "upload.cancel", id)
    remove_parts(access.service.settings, access.project, id)
    return row


def _begin_completing(access: Access, id: str, part_ids: Sequence[str]) -> Upload:
    """From here on nobody adds parts, cancels or completes it: the files are read outside of any transaction."""
    with access.write() as session:
        row = _find(access, session, id, lock=True)
        _check_pending(row)
        rows = session.execute(select(UploadPart.id, UploadPart.bytes).where(UploadPart.upload_id == id))
        sizes = {row.id: row.bytes for row in rows}
        for number, part in enumerate(part_ids):
            if part not in sizes:
                raise ProblemError(
                    "bad-request",
                    f"this upload has no part {part!r}",
                    param=f"part_ids.{number}",
                    openai_code="invalid_part",
                )
        total = sum(sizes[part] for part in part_ids)
        if total != row.bytes:
            raise ProblemError(
                "bad-request",
                f"the parts have {total:,} bytes together, and {row.bytes:,} were said",
                param="part_ids",
                openai_code="byte_count_mismatch",
            )
        row.status = "completing"
    return row


def _put_together(access: Access, upload: Upload, part_ids: Sequence[str], md5: str | None) -> StoredFile:
    settings = access.service.settings
    folder = parts_folder(settings, access.project, upload.id)
    with Incoming(settings, access.project) as incoming:
        for part in part_ids:
            with (folder / part).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    incoming.write(chunk)
        incoming.finish()
        if md5 is not None and md5.lower() != incoming.md5:
            raise ProblemError(
                "bad-request",
                f"the MD5 sum of the parts is {incoming.md5}, not the one that was given",
                param="md5",
                openai_code="checksum_mismatch",
            )
        return keep_file(
            access, incoming, upload.filename, check_file(incoming.path), upload.file_expires_after
        )


def _set_status(access: Access, id: str, status: str) -> None:
    with access.write() as session:
        _find(access, session, id, lock=True).status = status


def _find(access: Access, session: Session, id: str, *, lock: bool = False) -> Upload:
    statement = select(Upload).where(Upload.id == id)
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise not_found("upload", id)
    if row.status == "pending" and row.expires_at <= access.now(session):
        session.expunge(row)
        row.status = "expired"
    return row


def _check_pending(row: Upload) -> None:
    if row.status == "expired":
        raise ProblemError("bad-request", f"{row.id} has expired", openai_code="upload_expired")
    if row.status != "pending":
        raise ProblemError("conflict", f"{row.id} is {row.status}", openai_code=f"upload_{row.status}")


def _sweep(access: Access, session: Session) -> None:
    """Forget uploads that expired a while ago, with their parts."""
    oldest = access.now(session) - timedelta(seconds=SECONDS)
    old = session.scalars(
        select(Upload)
        .where(Upload.status.in_(("pending", "completing")), Upload.expires_at < oldest)
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in old:
        session.execute(delete(UploadPart).where(UploadPart.upload_id == row.id))
        row.status = "expired"
        remove_parts(access.service.settings, row.project_id, row.id)
