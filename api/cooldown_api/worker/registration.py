"""The rows that say that a worker is there, and what it has."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Attempt, Gpu, Worker
from cooldown_api.settings import WorkerSettings
from cooldown_api.worker.inventory import Device
from cooldown_kit import __version__
from cooldown_kit.engine.process import Identity, host_id

_REMEMBERED = timedelta(days=1)


def register(
    session: Session,
    worker_id: str,
    settings: WorkerSettings,
    gpus: Sequence[Device],
    *,
    draining: bool,
    now: datetime,
) -> None:
    """Say that the worker is alive, and which GPUs it sees. Called with every beat."""
    row = session.get(Worker, worker_id)
    if row is None:
        row = Worker(
            id=worker_id,
            host_id=host_id(),
            hostname=socket.gethostname(),
            version=__version__,
            started_at=now,
            process=msgspec.to_builtins(Identity.of(os.getpid())),
            slots=settings.slots,
            executors=list(settings.executors),
        )
        row.heartbeat_at, row.draining = now, draining
        session.add(row)
        _forget_old(session, now)
    row.heartbeat_at, row.draining = now, draining
    for device in gpus:
        gpu = session.get(Gpu, device.uuid)
        if gpu is None:
            gpu = Gpu(uuid=device.uuid, host_id=host_id(), seen_at=now)
        gpu.host_id, gpu.seen_at = host_id(), now
        gpu.name, gpu.memory_bytes = device.name, device.memory_bytes
        session.add(gpu)


def _forget_old(session: Session, now: datetime) -> None:
    """Workers and GPUs of long ago that nothing refers to any more."""
    busy = select(Attempt.worker_id).where(Attempt.state != "ended")
    session.execute(
        delete(Worker)
        .where(Worker.heartbeat_at < now - _REMEMBERED, Worker.id.not_in(busy))
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(Gpu)
        .where(Gpu.seen_at < now - _REMEMBERED, Gpu.attempt_id.is_(None))
        .execution_options(synchronize_session=False)
    )
