"""Every test that asks for a database runs on both: SQLite and a real Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.app import create_app
from cooldown_api.database.engine import Database
from cooldown_api.database.migrate import upgrade
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Project
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from fastapi.testclient import TestClient

from postgres import drop_database, new_database


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'test.db'}"
        database = Database(url)
        upgrade(database)
        database.close()
        yield url
        return
    url = new_database()
    yield url
    drop_database(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Both databases, with the projects `alpha` and `beta`."""
    database = Database(database_url)
    with database.write(ALL_PROJECTS) as session:
        for name in ("alpha", "beta"):
            session.add(Project(id=name, name=name, weight=1.0, created_at=datetime.now(UTC)))
    yield database
    database.close()


@pytest.fixture
def make_settings(tmp_path: Path, database_url: str) -> Callable[..., Settings]:
    """Settings of a service on that database, below a folder of the test; arguments override."""

    def make(**more: Any) -> Settings:
        given = {
            "data_dir": tmp_path / "data",
            "database_url": database_url,
            "auth": "none",
            "log_format": "text",
            "allowed_hosts": ["testserver"],
        }
        return Settings(**{**given, **more})

    return make


@pytest.fixture
def service(make_settings: Callable[..., Settings]) -> Iterator[Service]:
    """A service without authentication: whoever asks is the administrator of the project `default`."""
    service = Service.open(make_settings())
    yield service
    service.close()


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """Asks that service in process. Streams are tested against a real server."""
    with TestClient(create_app(service.settings, service), raise_server_exceptions=False) as client:
        yield client
