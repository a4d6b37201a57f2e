"""Machines that run jobs: seen, and given no more of them."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.database.tables import Attempt, Gpu, Worker
from cooldown_api.pages import Cursor, page_of, select_page
from cooldown_api.problems import not_found
from cooldown_kit.client import wire


def list_workers(access: Access, cursor: Cursor) -> wire.Page[wire.Worker]:
    """Also those that were not heard of for some time (`alive`: false)."""
    with access.read_all() as session:
        rows, more = select_page(session, select(Worker), Worker.id, cursor)
        return page_of([_worker(session, access, row) for row in rows], more)


def drain_worker(access: Access, id: str, draining: bool) -> wire.Worker:
    """Give a machine no more jobs, or give it jobs again. What it runs goes on."""
    with access.write_all() as session:
        row = session.get(Worker, id, with_for_update=True)
        if row is None:
            raise not_found("worker", id)
        row.draining = draining
        access.audit(session, "worker.drain" if draining else "worker.undrain", id)
        session.flush()
        return _worker(session, access, row)


def _worker(session: Session, access: Access, row: Worker) -> wire.Worker:
    lease = timedelta(seconds=access.service.settings.worker.lease_seconds)
    running = session.scalar(
        select(func.count()).select_from(Attempt).where(Attempt.worker_id == row.id, Attempt.state != "ended")
    )
    gpus = session.scalars(select(Gpu).where(Gpu.host_id == row.host_id).order_by(Gpu.uuid))
    return wire.Worker(
        id=row.id,
        hostname=row.hostname,
        version=row.version,
        alive=row.heartbeat_at > access.now(session) - lease,
        draining=row.draining,
        slots=row.slots,
        running=running or 0,
        executors=cast(list[wire.Executor], row.executors),
        gpus=[
            wire.Gpu(
                uuid=gpu.uuid, name=gpu.name, memory_bytes=gpu.memory_bytes, busy=gpu.attempt_id is not None
            )
            for gpu in gpus
        ],
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
    )
