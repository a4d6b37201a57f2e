"""What is removed of a job that ended long ago, and what never is."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, AuditEntry, Job, Usage
from cooldown_api.retention import details
from cooldown_api.retention.sweep import prune, remove_details, would_prune
from cooldown_api.service import Service
from sqlalchemy import event, func, select, update

from cooldown_kit.client.states import State
from job_rows import add_artefact, add_checkpoint, dump

from .conftest import AddOld, Count

DAY = timedelta(days=1)
NOTHING = {"events": 0, "metrics": 0, "log_chunks": 0}


def job_of(service: Service, id: str) -> Job:
    with service.database.read(ALL_PROJECTS) as session:
        return session.get_one(Job, id)


def remove(service: Service, age: timedelta = 90 * DAY) -> Counter[str]:
    return prune(service.database, age, actor="retention", user="somebody")


def test_a_job_goes_that_ended_just_before_the_limit_and_one_just_after_stays(
    service: Service, add_old: AddOld, count: Count
) -> None:
    before, after = add_old(timedelta(days=8)), add_old(timedelta(days=7))
    limit = job_of(service, after).finished_at
    assert limit is not None
    with service.database.write(ALL_PROJECTS) as session:
        just_before = limit - timedelta(milliseconds=1)
        session.execute(update(Job).where(Job.id == before).values(finished_at=just_before))
    kept = count(after)
    removed: Counter[str] = Counter()
    remove_details(service.database, limit, threading.Event(), removed)
    assert (count(before), count(after)) == (NOTHING, kept)
    assert removed == {"jobs": 1, "events": 6, "metrics": 2, "log_chunks": 2}
    assert job_of(service, after).details_removed_at is None
    marked = job_of(service, before).details_removed_at
    assert marked is not None and abs(marked - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize("state", [State.QUEUED, State.STARTING, State.RUNNING, State.PAUSED])
def test_a_job_that_has_not_ended_is_never_touched_however_old(
    service: Service, add_old: AddOld, state: State
) -> None:
    add_old(5000 * DAY, state)
    before = dump(service)
    assert not remove(service, timedelta(seconds=1))
    assert dump(service) == before


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELLED])
def test_everything_else_of_the_job_stays(
    service: Service, add_old: AddOld, count: Count, tmp_path: Path, state: State
) -> None:
    id = add_old(100 * DAY, state)
    add_checkpoint(service, id, 5)
    add_artefact(service, id, "report.html", b"<p>", tmp_path)

    def others() -> list[str]:
        rows = [list(map(str, row.__table__.columns.keys())) for row in (Job, Attempt, Usage)]
        with service.database.read(ALL_PROJECTS) as session:
            job = session.get_one(Job, id)
            changed = ("details_removed_at", "details_cleared_at")
            own = {name: getattr(job, name) for name in rows[0] if name not in changed}
            attempts = session.scalar(select(func.count()).select_from(Attempt))
            usage = session.scalar(select(func.count()).select_from(Usage))
        return [str(own), str(attempts), str(usage)]

    kept = others()
    remove(service)
    assert (count(id), others()) == (NOTHING, kept)
    names = ("artefacts", "checkpoints", "files", "datasets")
    assert all(name in dump(service) for name in names)
    assert "report.html" in dump(service) and "ckpt_" in dump(service)


def test_a_transaction_is_small_and_an_interrupted_removal_goes_on(
    service: Service, add_old: AddOld, count: Count
) -> None:
    big, small = add_old(101 * DAY, count=30), add_old(100 * DAY)
    before = datetime.now(UTC) - 90 * DAY
    whole = sum(count(big).values())
    with service.database.write(ALL_PROJECTS) as session:
        part = details.remove_some(session, before, now=service.database.now(session), rows=10)
    assert part == {"events": 10}
    half = job_of(service, big)
    assert (half.details_removed_at is not None, half.details_cleared_at) == (True, None)
    assert sum(count(big).values()) == whole - 10
    assert job_of(service, small).details_removed_at is None  # the oldest first
    removed = remove(service)
    assert removed["jobs"] == 2 and count() == NOTHING
    done = job_of(service, big)
    assert done.details_removed_at == half.details_removed_at and done.details_cleared_at is not None
    assert not remove(service)


def test_a_chunk_of_the_log_counts_for_many_rows(service: Service, add_old: AddOld, count: Count) -> None:
    id = add_old(100 * DAY, count=30)
    before = datetime.now(UTC) - 90 * DAY
    sizes = []
    while any(count(id).values()):
        with service.database.write(ALL_PROJECTS) as session:
            part = details.remove_some(session, before, now=service.database.now(session), rows=100)
        sizes.append(part["events"] + part["metrics"] + 20 * part["log_chunks"])
    assert max(sizes) < 120 and sum(sizes) == 34 + 30 + 600


class _StopAfter(threading.Event):
    """Is set once somebody has rested on it so many times."""

    def __init__(self, rests: int) -> None:
        super().__init__()
        self.rests = rests

    def wait(self, timeout: float | None = None) -> bool:
        self.rests -= 1
        if self.rests <= 0:
            self.set()
        return super().wait(timeout)


def test_a_sweep_ends_after_the_transaction_in_which_it_is_stopped(
    service: Service, add_old: AddOld, count: Count
) -> None:
    add_old(100 * DAY, count=700)
    removed: Counter[str] = Counter()
    remove_details(service.database, datetime.now(UTC) - 90 * DAY, _StopAfter(2), removed)
    assert 0 < removed["events"] + removed["metrics"] <= 1000 and any(count().values())
    remove(service)
    assert count() == NOTHING


def test_sweeps_at_once_remove_everything_once(service: Service, add_old: AddOld, count: Count) -> None:
    for age in range(91, 99):
        add_old(age * DAY, count=90)
    whole = count()
    before = datetime.now(UTC) - 90 * DAY
    start = threading.Barrier(4)

    def sweep(number: int) -> Counter[str]:
        del number
        removed: Counter[str] = Counter()
        start.wait()
        remove_details(service.database, before, threading.Event(), removed)
        return removed

    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(sweep, range(4)))
    # what one of them held, another left to it
    remove_details(service.database, before, threading.Event(), last := Counter[str]())
    total = sum(parts, start=last)
    assert count() == NOTHING
    assert total == {"jobs": 8, **whole}


def test_where_nothing_is_due_no_lock_is_taken(service: Service, add_old: AddOld) -> None:
    add_old(80 * DAY)
    statements: list[str] = []
    event.listen(service.database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    remove_details(service.database, datetime.now(UTC) - 90 * DAY, threading.Event(), Counter())
    assert statements and not [text for text in statements if "IMMEDIATE" in text or "UPDATE" in text]


def test_what_would_go_is_counted_and_stays(service: Service, add_old: AddOld) -> None:
    add_old(100 * DAY)
    add_old(100 * DAY, project="default", count=3)
    add_old(80 * DAY)
    before = dump(service)
    found = would_prune(service.database, 90 * DAY)
    assert dump(service) == before
    assert found == {"jobs": 2, "events": 13, "metrics": 5, "log_chunks": 5}
    assert remove(service) == found
    assert not +would_prune(service.database, 90 * DAY)


def test_one_line_of_the_audit_log_says_how_much_went(service: Service, add_old: AddOld) -> None:
    add_old(100 * DAY)
    add_old(101 * DAY)
    remove(service)
    remove(service)
    with service.database.read(ALL_PROJECTS) as session:
        (line,) = session.scalars(select(AuditEntry)).all()
    assert (line.actor, line.action, line.project_id) == ("retention", "retention.remove", None)
    assert line.detail == {"jobs": 2, "events": 12, "metrics": 4, "log_chunks": 4, "user": "somebody"}
