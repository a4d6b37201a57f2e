"""Stored files as rows: kept once whole and checked, listed, and removed when nothing needs them any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final

from sqlalchemy import Select, Text, cast, or_, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Job, StoredFile
from cooldown_api.files.check import Facts
from cooldown_api.files.folders import Incoming, path_of
from cooldown_api.jobs.storage import check_storage
from cooldown_api.problems import ProblemError, not_found
from cooldown_kit.client.states import ENDED

PURPOSE: Final = "fine-tune"
_LONGEST_NAME: Final = 256
_SWEPT_AT_ONCE: Final = 20
_ENDED: Final = [state.value for state in ENDED]


def check_purpose(purpose: str | None) -> str:
    """Raises :class:`ProblemError` for any but the one that this service has a use for."""
    if purpose is None:
        raise ProblemError(
            "bad-request", "`purpose` is missing", param="purpose", openai_code="missing_required_parameter"
        )
    if purpose != PURPOSE:
        raise ProblemError(
            "bad-request",
            f"files are kept for one purpose here, `{PURPOSE}`",
            param="purpose",
            openai_code="invalid_value",
        )
    return purpose


def file_name(given: str) -> str:
    """The last part of what a client calls a file, without control characters."""
    name = PurePath(given.replace("\\", "/")).name
    return "".join(sign for sign in name if sign.isprintable())[:_LONGEST_NAME] or "file"


def keep_file(
    access: Access, incoming: Incoming, filename: str, facts: Facts, expires_after: int | None
) -> StoredFile:
    """Take in a file that is whole and checked. Raises :class:`ProblemError` ``quota-exceeded``.

    The bytes are in their place before the row says so: a crash in between leaves a file that nobody knows, never a row without one.
    """
    with access.write() as session:
        now = access.now(session)
        check_storage(session, access.project, incoming.bytes)
        row = StoredFile(
            id="file-" + new_id("").removeprefix("_"),
            project_id=access.project,
            filename=file_name(filename),
            purpose=PURPOSE,
            bytes=incoming.bytes,
            sha256=incoming.sha256,
            status=facts.status,
            status_details=facts.details,
            facts={"kind": facts.kind, "rows": facts.rows, "wrong": facts.wrong, "errors": facts.errors},
            created_at=now,
            expires_at=None if expires_after is None else now + timedelta(seconds=expires_after),
        )
        incoming.keep(path_of(access.service.settings, row))
        session.add(row)
        access.audit(session, "file.create", row.id, bytes=row.bytes, kind=facts.kind)
    sweep_expired(access)
    return row


def find_file(session: Session, id: str, now: datetime, *, lock: bool = False) -> StoredFile:
    """Raises :class:`ProblemError` ``not-found``, also once it has expired."""
    statement: Select[StoredFile] = present(select(StoredFile).where(StoredFile.id == id), now)
    row = session.scalar(statement.with_for_update() if lock else statement)
    if row is None:
        raise not_found("file", id)
    return row


def present(statement: Select[StoredFile], now: datetime) -> Select[StoredFile]:
    """Without those that have expired."""
    return statement.where(or_(StoredFile.expires_at.is_(None), StoredFile.expires_at > now))


def delete_file(access: Access, id: str) -> None:
    """Raises :class:`ProblemError` ``conflict`` while a job that has not ended uses it.

    Whoever makes a job of it locks the row as well, so that none comes in between.
    """
    with access.write() as session:
        row = find_file(session, id, access.now(session), lock=True)
        user = used_by(session, id)
        if user is not None:
            raise ProblemError(
                "conflict",
                f"{id} is used by {user}, which has not ended",
                remedy="wait until it has ended, or cancel it",
                openai_code="file_in_use",
            )
        session.delete(row)
        access.audit(session, "file.delete", id)
    path_of(access.service.settings, row).unlink(missing_ok=True)


def used_by(session: Session, id: str) -> str | None:
    """A job that has not ended and names the file: in an OpenAI client's words, or as the path of a source (a rerun keeps only that)."""
    named = or_(cast(Job.facade, Text).contains(id), cast(Job.recipe, Text).contains(id))
    return session.scalar(select(Job.id).where(Job.state.not_in(_ENDED), named).limit(1))


def sweep_expired(access: Access) -> None:
    """Remove some of what has expired, in passing; what a job still reads stays until it has ended."""
    with access.write() as session:
        old = session.scalars(
            select(StoredFile)
            .where(StoredFile.expires_at <= access.now(session))
            .order_by(StoredFile.expires_at)
            .limit(_SWEPT_AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        gone = [row for row in old if used_by(session, row.id) is None]
        for row in gone:
            session.delete(row)
    for row in gone:
        path_of(access.service.settings, row).unlink(missing_ok=True)
