"""Events are found by their types, and the rare ones without a look at every step of training."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import FREQUENT_EVENTS, IS_RARE, Event
from cooldown_api.jobs.events import select_events
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

RARE = ["state", "message", "stage_finished", "checkpoint"]
MANY = 2000


@pytest.fixture
def job_id(queue: Any, database: Database) -> str:
    """A job with one event of each rare type after every 500 steps; its first one says that it is queued."""
    id: str = queue.submit()
    types = [type for rare in RARE for type in (rare, *["metric", "progress"] * (MANY // 8))]
    common = {"project_id": "alpha", "job_id": id, "attempt": 1, "data": {}}
    common["time"] = datetime(2026, 3, 2, tzinfo=UTC)
    with database.write(ALL_PROJECTS) as session:
        session.execute(
            insert(Event), [common | {"seq": seq, "type": type} for seq, type in enumerate(types, 2)]
        )
        session.execute(text("ANALYZE"))
    return id


@pytest.mark.parametrize(
    ("asked", "found", "by_the_index"),
    [
        ({}, None, False),
        ({"types": ["state"]}, ["state", "state"], True),
        ({"types": ["checkpoint", "message"]}, ["message", "checkpoint"], True),
        ({"types": ["checkpoint", "metric"]}, ["metric"] * (MANY // 2) + ["checkpoint"], False),
        ({"without": FREQUENT_EVENTS}, ["state", *RARE], True),
        ({"without": ["state", *FREQUENT_EVENTS]}, RARE[1:], True),
        ({"without": ["metric"]}, ["state", *RARE, *["progress"] * (MANY // 2)], False),
        ({"types": ["metric", "state"], "without": ["metric"]}, ["state", "state"], True),
    ],
)
def test_events_are_found_by_their_types(
    database: Database, job_id: str, asked: Any, found: list[str] | None, by_the_index: bool
) -> None:
    statement = select_events(job_id, **asked)
    with database.read(ALL_PROJECTS) as session:
        types = [event.type for event in session.scalars(statement.order_by(Event.seq))]
        newest = statement.where(Event.seq > 1).order_by(Event.seq.desc()).limit(40)
        assert ("ix_events_rare" in plan(session, newest)) == by_the_index
    assert len(types) == MANY + 5 if found is None else sorted(types) == sorted(found)


def plan(session: Session, statement: Any) -> str:
    """How the database would go about a statement, with parameters where the service has them."""
    connection = session.connection()
    compiled = statement.compile(connection, compile_kwargs={"render_postcompile": True})
    params = compiled.params
    given = tuple(params[name] for name in compiled.positiontup) if compiled.positiontup else params
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row) for row in connection.exec_driver_sql(explain + compiled.string, given))


def test_what_is_rare_is_said_once_in_words_and_once_in_sql() -> None:
    named = sorted(FREQUENT_EVENTS)
    assert str(IS_RARE) == f"type NOT IN ({', '.join(map(repr, named))})"
