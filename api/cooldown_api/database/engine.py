"""Sessions on SQLite (WAL) and Postgres that behave alike.

Two paths, as SQLite needs them: a *reading* transaction is deferred and never waits for a writer; a *writing* one takes the lock at its
start (``BEGIN IMMEDIATE``), so that reading first and writing later cannot fail half-way. Both are short: nothing slow is done inside.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Engine, create_engine, event, func, literal, make_url, select, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session

from cooldown_api.database.scoping import Scope, scope_session
from cooldown_api.database.turns import Turns

_BUSY_SECONDS = 30
_TRUSTED_SECONDS = 1.0
"""A connection that was used so lately is taken to be open still."""
POOL_SIZE = 24
"""Connections of one process: fewer than threads that answer requests, since an answer holds one for milliseconds only."""


class Database:
    """One engine, safe for threads."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(url) if self.sqlite else _postgres(url)
        self._writer = self.engine.execution_options(immediate=True) if self.sqlite else self.engine
        self._turn: AbstractContextManager[Any] = Turns() if self.sqlite else nullcontext()
        """SQLite has one writer: threads of this process queue here, in turn, instead of polling for its lock."""

    @contextmanager
    def read(self, scope: Scope) -> Iterator[Session]:
        """A session that only reads."""
        with Session(self.engine, expire_on_commit=False) as session:
            scope_session(session, scope)
            yield session

    @contextmanager
    def write(self, scope: Scope) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back when an error leaves the block."""
        with self._turn, Session(self._writer, expire_on_commit=False) as session, session.begin():
            scope_session(session, scope)
            yield session

    def now(self, session: Session) -> datetime:
        """The database's clock: leases of several machines are compared by one clock only."""
        return datetime.now(UTC) if self.sqlite else self.instant(session.scalar(select(self.clock())))

    def clock(self) -> ColumnElement[Any]:
        """The same as a column, for a statement that asks for other things too; :meth:`instant` reads its value."""
        return literal(None) if self.sqlite else func.extract("epoch", func.clock_timestamp())

    def instant(self, value: Any) -> datetime:
        """SQLite is in this machine: its clock is this process's."""
        return datetime.now(UTC) if self.sqlite else datetime.fromtimestamp(float(value), UTC)

    def serialise(self, session: Session, what: int) -> None:
        """One transaction at a time from here on, over all machines, for the same ``what``. SQLite's writers already are."""
        if not self.sqlite:
            session.execute(text("select pg_advisory_xact_lock(:what)"), {"what": what})

    def close(self) -> None:
        self.engine.dispose()


def _sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=8,
        # the driver begins nothing by itself: the events below do
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        del record
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={_BUSY_SECONDS * 1000}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


def _postgres(url: str) -> Engine:
    engine = create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=8,
        isolation_level="READ COMMITTED",
        connect_args={
            "application_name": "cooldown-kit",
            "connect_timeout": 10,
            # a machine that freezes inside of a transaction must not hold its rows for ever
            "options": f"-c idle_in_transaction_session_timeout={_BUSY_SECONDS * 1000}",
        },
    )

    @event.listens_for(engine, "checkin")
    def note(connection: Any, record: Any) -> None:
        del connection
        record.info["rested_from"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: Any, record: Any, proxy: Any) -> None:
        """As ``pool_pre_ping``, which asks a busy database once for every request."""
        del proxy
        rested_from = record.info.get("rested_from")
        if rested_from is not None and time.monotonic() - rested_from > _TRUSTED_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error  # the pool takes another one

    return engine


def wait_for(database: Database, seconds: float) -> None:
    """Wait until the database answers: at a start of everything it may come up last. Raises its error after ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        try:
            with database.engine.connect() as connection:
                connection.execute(text("select 1"))
            return
        except Exception:
            if time.monotonic() >= end:
                raise
            time.sleep(0.3)
