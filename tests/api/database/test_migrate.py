"""The migrations make exactly the tables that the code declares, can be undone, and protect the audit log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from cooldown_api.audit import record
from cooldown_api.database.engine import Database
from cooldown_api.database.migrate import current, downgrade, newest, prepare_database, upgrade
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import AuditEntry, Table
from cooldown_api.settings import Settings
from sqlalchemy import delete, inspect, update
from sqlalchemy.exc import DatabaseError

from cooldown_kit.errors import StorageError


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
