"""Takes over attempts that another worker left: finds the child alive and goes on, or finds it dead and sees to its end."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.jobs import leases
from cooldown_api.jobs.leases import Expired
from cooldown_api.settings import WorkerSettings
from cooldown_api.worker.held import Held
from cooldown_kit.engine import process
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.engine.process import Identity

_log = logging.getLogger("cooldown_api.worker")


def adopt(
    database: Database, worker_id: str, settings: WorkerSettings, *, except_for: Collection[str] = ()
) -> list[Held]:
    """Attempts that this worker holds from now on. Files are looked at outside of transactions.

    Args:
        except_for: those that it holds already.
    """
    with database.read(ALL_PROJECTS) as session:
        left = leases.of_others(session, except_for, settings, now=database.now(session))
    taken = []
    for expired in left:
        if not _may_take(expired):
            continue
        with database.write(ALL_PROJECTS) as session:
            held = _take(session, database, expired, worker_id, settings)
        if held is not None:
            _log.info("took over attempt %s of %s", held.number, held.job_id)
            taken.append(held)
    return taken


def _take(
    session: Session, database: Database, expired: Expired, worker_id: str, settings: WorkerSettings
) -> Held | None:
    until = database.now(session) + timedelta(seconds=settings.lease_seconds)
    rows = leases.take_over(session, expired, worker_id, until=until)
    if rows is None:
        return None
    held = Held.of(*rows)
    if held.here and held.child is None:
        held.child = _find_child(held.folder)
    return held


def _may_take(expired: Expired) -> bool:
    if expired.host_id == process.host_id():
        return expired.over or _is_dead(expired.owner)
    if not expired.over:
        return False
    folder = AttemptFolder(Path(expired.folder))
    if expired.child_ended or folder.ending() is not None:
        return True
    # another container of this machine: its processes cannot be seen, its locks can
    same_machine = expired.host_id.partition(":")[0] == process.boot_id()
    return same_machine and folder.child() is not None and not folder.is_held()


def _is_dead(owner: object) -> bool:
    if owner is None:
        return False
    identity = msgspec.convert(owner, Identity)
    return identity.host == process.host_id() and not process.alive(identity)


def _find_child(folder: AttemptFolder) -> Identity | None:
    """The child of a worker that died before it wrote down who the child is.

    A child says who it is before it looks whether it is wanted, and here it is told that it is not before anybody looks who it is:
    one that is not found yet does nothing when it comes.
    """
    if (child := folder.child()) is None:
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.ask_to_stop()
        child = folder.child()
    return child
