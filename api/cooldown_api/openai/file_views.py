"""Files and uploads in OpenAI's shapes."""

from __future__ import annotations

from typing import Literal, cast

from cooldown_api.database.tables import StoredFile, Upload, UploadPart
from cooldown_api.openai.shapes import FileObject, UploadObject, UploadPartObject

_Status = Literal["pending", "completed", "cancelled", "expired"]


def view_file(row: StoredFile) -> FileObject:
    return FileObject.model_validate(
        {
            "id": row.id,
            "bytes": row.bytes,
            "created_at": int(row.created_at.timestamp()),
            "expires_at": None if row.expires_at is None else int(row.expires_at.timestamp()),
            "filename": row.filename,
            "purpose": row.purpose,
            "status": row.status,
            "status_details": row.status_details,
        }
    )


def view_upload(row: Upload, file: StoredFile | None = None) -> UploadObject:
    status = "pending" if row.status == "completing" else row.status
    return UploadObject(
        id=row.id,
        bytes=row.bytes,
        created_at=int(row.created_at.timestamp()),
        expires_at=int(row.expires_at.timestamp()),
        filename=row.filename,
        purpose=row.purpose,
        status=cast(_Status, status),
        file=None if file is None else view_file(file),
    )


def view_part(row: UploadPart) -> UploadPartObject:
    return UploadPartObject(id=row.id, created_at=int(row.created_at.timestamp()), upload_id=row.upload_id)
