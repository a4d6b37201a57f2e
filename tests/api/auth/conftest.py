"""A service that asks who calls, with two projects and keys for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from cooldown_api.app import create_app
from cooldown_api.auth.keys import create_key
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Project
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from fastapi.testclient import TestClient

MakeKey = Callable[..., str]


@pytest.fixture
def guarded(make_settings: Callable[..., Settings]) -> Iterator[Service]:
    service = Service.open(make_settings(auth="required"))
    with service.database.write(ALL_PROJECTS) as session:
        for name in ("alpha", "beta"):
            session.add(Project(id=name, name=name, weight=1.0, created_at=datetime.now(UTC)))
    yield service
    service.close()


@pytest.fixture
def make_key(guarded: Service) -> MakeKey:
    """A key in clear."""

    def make(project: str = "alpha", role: str = "admin", **more: Any) -> str:
        with guarded.database.write(ALL_PROJECTS) as session:
            now = guarded.database.now(session)
            return create_key(
                session, project=project, name="test", role=role, created_by="test", now=now, **more
            ).secret

    return make


@pytest.fixture
def asking(guarded: Service) -> Iterator[TestClient]:
    """Asks that service, as nobody."""
    with TestClient(create_app(guarded.settings, guarded), raise_server_exceptions=False) as client:
        yield client
