"""Jobs that ended so long ago, with all that is kept of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Event, Job, LogChunk, Metric
from cooldown_api.service import Service
from sqlalchemy import func, select, update

from cooldown_kit.client.states import State
from job_rows import add_events, add_job, add_lines, add_metrics, move

AddOld = Callable[..., str]
Count = Callable[..., dict[str, int]]


@pytest.fixture
def add_old(service: Service) -> AddOld:
    """A job with ``count`` messages and steps, and 30 chunks of its log at most, that ended so long ago; its id."""

    def add(age: timedelta, state: State = State.SUCCEEDED, count: int = 2, project: str = "default") -> str:
        id = add_job(service, project)
        add_events(service, id, count)
        add_metrics(service, id, range(1, count + 1))
        for number in range(min(count, 30)):
            add_lines(service, id, [f"line {number}"])
        move(service, id, state, result={"run": "r", "model": True})
        moment = datetime.now(UTC) - age
        with service.database.write(ALL_PROJECTS) as session:
            times = {"created_at": moment, "updated_at": moment, "started_at": moment}
            job = session.get_one(Job, id)
            if job.finished_at is not None:
                times["finished_at"] = moment
            session.execute(update(Job).where(Job.id == id).values(times))
        return id

    return add


@pytest.fixture
def count(service: Service) -> Count:
    """How many rows of each kind there are, of one job or of all."""

    def ask(id: str | None = None) -> dict[str, int]:
        found = {}
        with service.database.read(ALL_PROJECTS) as session:
            for table in (Event, Metric, LogChunk):
                rows = select(func.count()).select_from(table)
                if id is not None:
                    rows = rows.where(table.job_id == id)
                found[table.__tablename__] = session.scalar(rows) or 0
        return found

    return ask
