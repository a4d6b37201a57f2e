"""The audit log: parts of it, a page or all of them at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select

from cooldown_api.access import Access
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import AuditEntry
from cooldown_api.pages import Cursor, page_of, select_page
from cooldown_api.problems import ProblemError
from cooldown_kit.client import wire

_AT_ONCE: Final = 500


@dataclass(frozen=True)
class AuditFilter:
    """What part of the log is asked for."""

    action: str | None = None
    actor: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    all_projects: bool = False


def list_audit(access: Access, cursor: Cursor, wanted: AuditFilter) -> wire.Page[wire.AuditEntry]:
    """Newest first. Lines are only ever added: the database refuses to change or delete one."""
    with access.read() as session:
        rows, more = select_page(session, _statement(access, wanted), AuditEntry.id, cursor)
        return page_of([_entry(row) for row in rows], more)


def read_audit(access: Access, wanted: AuditFilter) -> Iterator[wire.AuditEntry]:
    """All of it, oldest first, in little memory. Raises :class:`ProblemError` ``not-allowed`` before the first."""
    return _entries(access, _statement(access, wanted))


def _entries(access: Access, statement: Select[AuditEntry]) -> Iterator[wire.AuditEntry]:
    """A short session for each part: a slow reader holds no connection."""
    after = ""
    while True:
        with access.service.database.read(ALL_PROJECTS) as session:
            part = session.scalars(
                statement.where(AuditEntry.id > after).order_by(AuditEntry.id).limit(_AT_ONCE)
            ).all()
        for row in part:
            after = row.id
            yield _entry(row)
        if len(part) < _AT_ONCE:
            return


def _statement(access: Access, wanted: AuditFilter) -> Select[AuditEntry]:
    """The log is no table of a project's own, so the project is asked for here."""
    found = select(AuditEntry)
    if not wanted.all_projects:
        found = found.where(AuditEntry.project_id == access.project)
    elif not access.principal.platform:
        raise ProblemError("not-allowed", "only a platform administrator sees all projects")
    for column, value in (
        (AuditEntry.action, wanted.action),
        (AuditEntry.actor, wanted.actor),
        (AuditEntry.target, wanted.target),
    ):
        if value is not None:
            found = found.where(column == value)
    if wanted.since is not None:
        found = found.where(AuditEntry.time >= wanted.since)
    if wanted.until is not None:
        found = found.where(AuditEntry.time < wanted.until)
    return found


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
