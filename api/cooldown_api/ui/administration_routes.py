"""Pages for administrators: use and limits, keys, webhooks, the audit log, machines."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from cooldown_api.access import Access, Admin, Platform
from cooldown_api.database.tables import Attempt, Gpu
from cooldown_api.operations import audit, keys, projects, webhooks, workers
from cooldown_api.pages import Cursor, PageCursor
from cooldown_api.parameters import AuditQuery, Id, Month
from cooldown_api.problems import ProblemError
from cooldown_api.ui.origin import same_origin
from cooldown_api.ui.page import page
from cooldown_api.ui.page_route import PageRoute
from cooldown_kit.client import wire

router = APIRouter(route_class=PageRoute)
Own = Depends(same_origin)
_FIRST = Cursor(None, 100)
_DELIVERIES = Cursor(None, 20)


@router.get("/usage")
def usage_page(access: Admin, month: Month = None) -> Response:
    """Hours of a month beside the project's limits; for platform administrators of every project."""
    if access.principal.platform:
        shown = projects.list_projects(access, _FIRST).data
        rows = [(project, projects.usage_of_any(access, project.id, month)) for project in shown]
    else:
        mine = projects.get_project(access, access.project)
        rows = [(mine, projects.usage_of(access, month))]
    return page(access, "usage.html.j2", rows=rows, month=rows[0][1].month)


@router.get("/keys")
def keys_page(access: Admin, cursor: PageCursor) -> Response:
    return page(access, "keys.html.j2", listed=keys.list_keys(access, cursor), made=None)


@router.post("/keys", dependencies=[Own])
def make_key(
    access: Admin,
    name: Annotated[str, Form(min_length=1, max_length=128)],
    role: Annotated[Literal["viewer", "editor", "admin"], Form()] = "editor",
    expires: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """The secret stands in the answer, and nowhere else: there is no page to come back to."""
    made = keys.create_key(access, wire.KeyCreate(name=name, role=role, expires_at=_end_of(expires)))
    return page(access, "keys.html.j2", status=201, listed=keys.list_keys(access, Cursor()), made=made)


@router.post("/keys/{id}/revoke", dependencies=[Own])
def revoke_key(access: Admin, id: Id) -> Response:
    keys.revoke_key(access, id)
    return RedirectResponse("/keys", 303)


def _end_of(day: str) -> datetime | None:
    """The end of a day, UTC."""
    if not day:
        return None
    try:
        return datetime.combine(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC), time(23, 59, 59), UTC)
    except ValueError:
        raise ProblemError(
            "validation", f"{day!r} is no date", where="expires", remedy="write 2027-01-31"
        ) from None


@router.get("/webhooks")
def webhooks_page(access: Admin, cursor: PageCursor) -> Response:
    return _webhooks(access, cursor)


@router.post("/webhooks", dependencies=[Own])
def make_webhook(
    access: Admin,
    name: Annotated[str, Form(min_length=1, max_length=128)],
    url: Annotated[str, Form(min_length=1, max_length=2048)],
    events: Annotated[str, Form(max_length=1000)] = "job.*",
) -> Response:
    """The secret that signs stands in the answer, and nowhere else."""
    body = wire.WebhookCreate(
        name=name, url=url, event_types=events.replace(",", " ").split()[:32] or ["job.*"]
    )
    return _webhooks(access, Cursor(), made=webhooks.create_webhook(access, body), status=201)


def _webhooks(
    access: Access, cursor: Cursor, *, made: wire.WebhookCreated | None = None, status: int = 200
) -> Response:
    listed = webhooks.list_webhooks(access, cursor)
    sent = {hook.id: webhooks.list_deliveries(access, hook.id, _DELIVERIES).data for hook in listed.data}
    return page(access, "webhooks.html.j2", status=status, listed=listed, sent=sent, made=made)


@router.post("/webhooks/{id}/test", dependencies=[Own])
def test_webhook(access: Admin, id: Id) -> Response:
    webhooks.send_test(access, id)
    return RedirectResponse("/webhooks", 303)


@router.post("/webhooks/{id}/rotate", dependencies=[Own])
def rotate_webhook(access: Admin, id: Id) -> Response:
    return _webhooks(access, Cursor(), made=webhooks.rotate_secret(access, id))


@router.post("/webhooks/{id}/enable", dependencies=[Own])
def enable_webhook(access: Admin, id: Id, enabled: Annotated[bool, Form()]) -> Response:
    webhooks.update_webhook(access, id, wire.WebhookUpdate(enabled=enabled))
    return RedirectResponse("/webhooks", 303)


@router.post("/webhooks/{id}/delete", dependencies=[Own])
def delete_webhook(access: Admin, id: Id) -> Response:
    webhooks.delete_webhook(access, id)
    return RedirectResponse("/webhooks", 303)


@router.get("/audit")
def audit_page(access: Admin, cursor: PageCursor, wanted: AuditQuery) -> Response:
    return page(access, "audit.html.j2", listed=audit.list_audit(access, cursor, wanted), wanted=wanted)


@router.get("/machines")
def machines_page(access: Platform, cursor: PageCursor) -> Response:
    """Workers, their GPUs, and which job has each."""
    listed = workers.list_workers(access, cursor)
    with access.read_all() as session:
        held = session.execute(
            select(Gpu.uuid, Attempt.job_id, Attempt.project_id).join(Attempt, Attempt.id == Gpu.attempt_id)
        ).all()
        at_work = session.execute(
            select(Attempt.worker_id, Attempt.job_id, Attempt.project_id, Attempt.started_at)
            .where(Attempt.state != "ended")
            .order_by(Attempt.started_at)
        ).all()
    return page(
        access,
        "machines.html.j2",
        listed=listed,
        held={uuid: (job, project) for uuid, job, project in held},
        at_work=at_work,
    )


@router.post("/machines/{id}/drain", dependencies=[Own])
def drain(access: Platform, id: Id, draining: Annotated[bool, Form()]) -> Response:
    workers.drain_worker(access, id, draining)
    return RedirectResponse("/machines", 303)
