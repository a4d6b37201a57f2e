"""Connections that rested are asked whether they are still open; those that work are not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from cooldown_api.database import engine
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from sqlalchemy import create_engine, text

from postgres import drop_database, new_database


@pytest.fixture
def postgres() -> Iterator[Database]:
    url = new_database()
    database = Database(url)
    yield database
    database.close()
    drop_database(url)


def ask(database: Database) -> Any:
    with database.read(ALL_PROJECTS) as session:
        return session.execute(text("select pg_backend_pid()")).scalar_one()


def test_a_connection_that_was_cut_while_it_rested_is_replaced(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(postgres)
    assert ask(postgres) == first  # there is one, and it is used again
    other = create_engine(postgres.url)
    with other.connect() as connection:
        connection.execute(text("select pg_terminate_backend(:pid)"), {"pid": first})
    other.dispose()
    monkeypatch.setattr(engine, "_TRUSTED_SECONDS", 0.0)
    assert ask(postgres) != first


def test_a_connection_that_works_is_not_asked(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    pings: list[float] = []
    monkeypatch.setattr(postgres.engine.dialect, "do_ping", lambda _: pings.append(time.monotonic()) or True)
    monkeypatch.setattr(engine, "_TRUSTED_SECONDS", 60.0)
    ask(postgres)
    ask(postgres)
    assert pings == []
    monkeypatch.setattr(engine, "_TRUSTED_SECONDS", 0.0)
    ask(postgres)
    assert len(pings) == 1
