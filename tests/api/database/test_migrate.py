"""The migrations make exactly the tables that the code declares, can be undone, and protect the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from cooldown_api.audit import record
from cooldown_api.database.engine import Database
from cooldown_api.database.migrate import current, downgrade, newest, prepare_database, upgrade
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import AuditEntry, Event, Job, Project, Table
from cooldown_api.settings import Settings
from sqlalchemy import delete, insert, inspect, update
from sqlalchemy.exc import DatabaseError

from cooldown_kit.errors import StorageError
from postgres import drop_database, new_database


def test_the_migrated_schema_is_the_declared_one(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []


def test_every_migration_can_be_undone_and_done_again(database: Database) -> None:
    downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    upgrade(database)
    assert current(database) == newest()


@pytest.mark.parametrize("change", [update(AuditEntry).values(actor="nobody"), delete(AuditEntry)])
def test_the_audit_log_cannot_be_changed(database: Database, change: object) -> None:
    with database.write(ALL_PROJECTS) as session:
        record(
            session, project="alpha", actor="a", action="job.create", target="job_1", now=datetime.now(UTC)
        )
    with pytest.raises(DatabaseError, match="append-only"), database.write(ALL_PROJECTS) as session:
        session.execute(change)  # type: ignore[call-overload]


def test_an_old_schema_is_refused_where_the_operator_migrates_by_hand(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, migrate=False)
    database = Database(settings.url)
    with pytest.raises(StorageError, match="has the schema of nothing"):
        prepare_database(database, settings)
    database.close()


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any schema."""
    url = f"sqlite:///{tmp_path / 'empty.db'}" if request.param == "sqlite" else new_database(migrated=False)
    database = Database(url)
    yield database
    database.close()
    if request.param == "postgres":
        drop_database(url)


def test_jobs_of_the_first_schema_are_kept_and_their_details_count_as_all_there(empty: Database) -> None:
    upgrade(empty, "0001")
    new = {"details_removed_at", "details_cleared_at"}
    old = [column for column in Job.__table__.columns if column.name not in new]
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    row = {
        **{"id": "job_1", "project_id": "alpha", "kind": "run", "name": "n", "state": "succeeded"},
        **{"reason": "finished", "max_attempts": 3, "max_duration_seconds": 60, "recipe": {}, "labels": {}},
        **{"created_by": "a", "created_at": long_ago, "queued_at": long_ago, "not_before": long_ago},
        **{"finished_at": long_ago, "updated_at": long_ago, "event_seq": 1},
    }
    with empty.write(ALL_PROJECTS) as session:
        session.add(Project(id="alpha", name="alpha", weight=1.0, created_at=long_ago))
        session.flush()
        session.execute(insert(Job.__table__).values(_with_defaults(old, row)))
        event = {"time": long_ago, "type": "state", "data": {}, "attempt": 1}
        session.execute(insert(Event).values(project_id="alpha", job_id="job_1", seq=1, **event))
    assert current(empty) == "0001"
    for _ in range(2):
        upgrade(empty)
        assert current(empty) == newest() == "0003"
        with empty.write(ALL_PROJECTS) as session:
            job = session.get_one(Job, "job_1")
            assert (job.name, job.finished_at, job.event_seq) == ("n", long_ago, 1)
            assert (job.details_removed_at, job.details_cleared_at) == (None, None)
            job.details_removed_at = long_ago
        downgrade(empty, "0001")
        names = {column["name"] for column in inspect(empty.engine).get_columns("jobs")}
        assert names == {column.name for column in old}


def _with_defaults(columns: list[Any], row: dict[str, Any]) -> dict[str, Any]:
    """What is not given as the table's declaration says, without the columns that are not there yet."""
    plain = {column.name: column.default.arg for column in columns if column.default is not None}
    return {**plain, **row}
