"""The schema: brought up to date at the start, or an old one refused. Migrations are alembic's, in `migrations/`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from cooldown_api.database.engine import Database, wait_for
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Project
from cooldown_api.settings import Settings
from cooldown_kit.errors import StorageError

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 720_002


def prepare_database(database: Database, settings: Settings) -> None:
    """Wait for the database, migrate it or refuse it, and make the default project. Several processes may do so at once."""
    try:
        wait_for(database, 30)
    except OperationalError as error:
        raise StorageError(
            f"the database does not answer: {error.orig}",
            where=database.url.render_as_string(hide_password=True),
            remedy="start it, or set DATABASE_URL to where it is",
        ) from None
    if settings.migrate:
        upgrade(database)
    elif (found := current(database)) != newest():
        raise StorageError(
            f"the database has the schema {found or 'of nothing'}, this version needs {newest()}",
            where=database.url.render_as_string(hide_password=True),
            remedy="run `cooldown db upgrade` (after a backup), or start with COOLDOWN_MIGRATE=true",
        )
    with database.write(ALL_PROJECTS) as session:
        database.serialise(session, _LOCK)
        if session.get(Project, settings.default_project) is None:
            session.add(
                Project(
                    id=settings.default_project,
                    name=settings.default_project,
                    weight=1.0,
                    created_at=datetime.now(UTC),
                )
            )


def upgrade(database: Database, revision: str = "head") -> None:
    """Run what is missing of the migrations, one process at a time."""
    with database.write(ALL_PROJECTS) as session:
        database.serialise(session, _LOCK)
        command.upgrade(_config(session.connection()), revision)


def downgrade(database: Database, revision: str) -> None:
    with database.write(ALL_PROJECTS) as session:
        database.serialise(session, _LOCK)
        command.downgrade(_config(session.connection()), revision)


def current(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    assert head is not None
    return head


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
