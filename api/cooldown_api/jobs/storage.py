"""How much a project may keep: uploads and results together."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Artefact, Project, StoredFile
from cooldown_api.jobs.standing import lock_project
from cooldown_api.problems import ProblemError


def check_storage(session: Session, project: str, more: int) -> None:
    """Raises :class:`ProblemError` ``quota-exceeded`` where files and results would take more than the project may keep."""
    found = session.get(Project, project)
    if found is None or found.storage_bytes is None:
        return
    lock_project(session, found)  # two at once cannot both be the last that fits
    limit = found.storage_bytes
    if limit is None:
        return
    files = session.scalar(select(func.coalesce(func.sum(StoredFile.bytes), 0))) or 0
    results = session.scalar(select(func.coalesce(func.sum(Artefact.bytes), 0))) or 0
    if files + results + more > limit:
        raise ProblemError(
            "quota-exceeded",
            f"{limit:,} bytes may be kept in this project; {files + results:,} are, and this is {more:,}",
            remedy="delete models and files that are no longer needed (`DELETE /v1/models/…`, `/v1/files/…`), or ask an administrator for more",
        )
