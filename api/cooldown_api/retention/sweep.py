"""One sweep: what is due goes in small transactions with rests between them, and one line of the audit log says how much it was."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from cooldown_api.audit import record
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.retention import answers, details
from cooldown_api.retention.attempt_folders import remove_attempt_folders
from cooldown_api.settings import Settings

_log = logging.getLogger("cooldown.retention")
_REST_SECONDS: Final = 0.05
"""Between two transactions, many times as long as one: whoever else wants to write comes first."""


def sweep(database: Database, settings: Settings, stop: threading.Event) -> Counter[str]:
    """Remove all that the settings keep for a time only, until ``stop`` is set. Any number of sweeps may run at once.

    Returns how many rows went by table, jobs that were cleared, and folders of attempts.
    """
    keep = settings.retention
    _forget_answers(database, timedelta(hours=settings.idempotency_hours), stop)
    with _told(database, "retention") as removed:
        if keep.details_days is not None:
            remove_details(database, _before(database, timedelta(days=keep.details_days)), stop, removed)
        if keep.attempt_folders_days is not None:
            before = _before(database, timedelta(days=keep.attempt_folders_days))
            for _ in remove_attempt_folders(database, settings.data_dir, before, stop):
                removed["attempt_folders"] += 1
    return removed


def prune(database: Database, older_than: timedelta, *, actor: str, user: str) -> Counter[str]:
    """Remove the details of all jobs that ended longer ago, at once: what an operator asks for."""
    with _told(database, actor, user=user) as removed:
        remove_details(database, _before(database, older_than), threading.Event(), removed)
    return removed


def would_prune(database: Database, older_than: timedelta) -> Counter[str]:
    """What :func:`prune` would remove now."""
    before = _before(database, older_than)
    with database.read(ALL_PROJECTS) as session:
        return details.count_due(session, before)


def remove_details(
    database: Database, before: datetime, stop: threading.Event, removed: Counter[str]
) -> None:
    """Remove the details of jobs that ended before that, and count them in ``removed`` as they go."""

    def some(session: Session) -> Counter[str]:
        return details.remove_some(session, before, now=database.now(session))

    for part in _parts(database, stop, lambda session: details.any_due(session, before), some):
        removed.update(part)


def _forget_answers(database: Database, older_than: timedelta, stop: threading.Event) -> None:
    before = _before(database, older_than)
    forgotten = _parts(
        database,
        stop,
        lambda session: answers.any_answers(session, before),
        lambda session: Counter(idempotency=answers.forget_some(session, before)),
    )
    for _ in forgotten:
        pass


def _parts(
    database: Database,
    stop: threading.Event,
    due: Callable[[Session], bool],
    remove: Callable[[Session], Counter[str]],
) -> Iterator[Counter[str]]:
    """What each transaction removed, until nothing is due or all that is due is another sweep's."""
    while not stop.is_set():
        with database.read(ALL_PROJECTS) as session:
            if not due(session):
                return
        with database.write(ALL_PROJECTS) as session:
            part = +remove(session)
        if not part:
            return
        yield part
        stop.wait(_REST_SECONDS)


@contextmanager
def _told(database: Database, actor: str, **about: str) -> Iterator[Counter[str]]:
    """Counts what goes, and tells of it in the end, also where an error or an interrupt is the end."""
    removed: Counter[str] = Counter()
    try:
        yield removed
    finally:
        if removed:
            _log.info("removed what was kept long enough", extra={"removed": dict(removed)})
            with database.write(ALL_PROJECTS) as session:
                record(
                    session,
                    project=None,
                    actor=actor,
                    action="retention.remove",
                    target="jobs",
                    now=database.now(session),
                    detail={**removed, **about},
                )


def _before(database: Database, age: timedelta) -> datetime:
    with database.read(ALL_PROJECTS) as session:
        return database.now(session) - age
