"""A private SQLite file that a kill leaves usable: what was read of which file, up to where, and what was passed over."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cooldown_connectors.git.store import locked
from cooldown_kit.errors import StorageError
from cooldown_kit.events import Emit, ignore
from cooldown_kit.records import Skipped
from cooldown_kit.store import keep

BATCH: Final = 20_000
"""Rows in one transaction: so many are read again after a kill."""
_CACHE_KIB: Final = 32 << 10
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, position INTEGER NOT NULL, rows INTEGER NOT NULL, done INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS passed_over (number INTEGER PRIMARY KEY, what TEXT, reason TEXT, detail TEXT);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT);
"""


class IndexFile:
    """Rows and how far each file was read are committed together, so nothing is missing and nothing is there twice after a kill."""

    def __init__(self, path: Path, schema: str) -> None:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # before SQLite makes it readable for others
        self.path = path
        self.db = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", f"cache_size=-{_CACHE_KIB}"):
            self.db.execute(f"PRAGMA {pragma}")
        self.db.executescript(_SCHEMA + schema)
        self.db.execute("BEGIN")
        self._pending = 0

    def position(self, name: str) -> tuple[int, int, bool]:
        """``(byte, rows, done)``: up to where a file was read, and whether to its end."""
        row = self.db.execute("SELECT position, rows, done FROM files WHERE name = ?", (name,)).fetchone()
        return (row[0], row[1], bool(row[2])) if row else (0, 0, False)

    def read_to(self, name: str, position: int, rows: int, *, done: bool = False) -> None:
        """Everything before byte ``position`` has been added. Commits after every :data:`BATCH` calls, and at a file's end."""
        self._pending += 1
        if done or self._pending >= BATCH:
            self.db.execute(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", (name, position, rows, int(done))
            )
            self.commit()

    def commit(self) -> None:
        self.db.execute("COMMIT")
        self.db.execute("BEGIN")
        self._pending = 0

    def pass_over(self, what: str, reason: str, detail: str = "") -> None:
        """Remember what was seen and not taken: a later harvest of the same files reports it again."""
        self.db.execute(
            "INSERT INTO passed_over (what, reason, detail) VALUES (?, ?, ?)", (what, reason, detail)
        )

    def passed_over(self) -> Iterator[Skipped]:
        for what, reason, detail in self.db.execute(
            "SELECT what, reason, detail FROM passed_over ORDER BY number"
        ):
            yield Skipped(what=what, reason=reason, detail=detail)

    def fact(self, name: str) -> str | None:
        row = self.db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def state(self, name: str, value: str) -> None:
        """Remember a fact together with everything that was added before it."""
        self.db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
        self.commit()

    def close(self) -> None:
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")
        self.db.close()


@contextmanager
def opened(folder: Path, key: str, schema: str, *, what: str, emit: Emit = ignore) -> Iterator[IndexFile]:
    """The index of that ``key`` (a hash of everything that decides its contents) in a folder of the store.

    Indexes in it with other keys are out of date and removed. One run at a time uses it; the lock dies with its process.

    Args:
        what: what it is an index of, for people.
        emit: told that another run uses it; it may raise to end the wait.
    """
    index = None
    try:
        with locked(folder, emit, what=what):
            folder.mkdir(exist_ok=True, mode=0o700)
            keep(folder, what=what, again="reading the files again")
            for entry in folder.iterdir():
                if not entry.name.startswith(key):
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            try:
                index = IndexFile(folder / f"{key}.sqlite", schema)
                yield index
            finally:
                if index is not None:
                    index.close()
    except sqlite3.DatabaseError as error:
        raise StorageError(
            f"the index of the threads cannot be used: {error}",
            where=str(folder),
            remedy="make room on the disk; if that is not it, remove the folder: it is made again from the source",
        ) from error
