"""The store of one repository: parts, cursors and what still has to be asked for, in one SQLite file of the workspace.

A page's parts and the cursor behind it are one transaction: whatever kills a harvest, the file holds whole pages, and the cursor of
the last of them. The digest of all parts is kept up with every change, so that it costs nothing to say whether anything is new.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import msgspec

from cooldown_connectors.forge.parts import LinkPart, Part
from cooldown_connectors.forge.protocol import Gone, Json, Page, Todo
from cooldown_kit.errors import InputError, StorageError

SCHEMA: Final = 1
"""Raised whenever the tables or the parts' form change: the store is then made anew, from the archive where there is one."""
_TABLES: Final = """
CREATE TABLE parts (
    "of" TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL, number INTEGER, body BLOB NOT NULL,
    PRIMARY KEY ("of", kind, key)
) WITHOUT ROWID;
CREATE TABLE cursors (
    stream TEXT PRIMARY KEY, cursor TEXT NOT NULL, takes TEXT NOT NULL, since TEXT
);
CREATE TABLE todo (
    details TEXT NOT NULL, key TEXT NOT NULL, stamp TEXT NOT NULL, done TEXT, PRIMARY KEY (details, key)
) WITHOUT ROWID;
CREATE TABLE gone (
    kind TEXT NOT NULL, key TEXT NOT NULL, why TEXT NOT NULL, went TEXT NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID;
CREATE TABLE etags (question TEXT PRIMARY KEY, etag TEXT NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_MASK: Final = (1 << 128) - 1
_HEADS: Final = ("request", "issue", "discussion")
"""Kinds that other parts belong to."""


@dataclass(frozen=True)
class Position:
    """Where a stream goes on, and under which options it was read."""

    cursor: Json
    takes: frozenset[str]
    since: str | None


def _refused(error: sqlite3.DatabaseError, path: Path) -> StorageError:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StorageError(
            "the disk is full: the pages before this one are kept, and no half of it",
            where=str(path),
            remedy="free some space, or set another `workspace`; then run again, and it goes on where it stopped",
        )
    return StorageError(
        f"what is kept of the forge cannot be used: {error}",
        where=str(path),
        remedy="see that the disk is well and can be written; if the file itself is damaged, remove its folder: the forge is then asked anew",
    )


def read_fact(path: Path, name: str) -> Json:
    """A fact of the store at ``path``, whoever works with it: nothing is locked, and nothing written. ``None`` where it was not put down.

    Raises :class:`~cooldown_kit.errors.InputError` where it cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    except sqlite3.DatabaseError as error:
        raise InputError(
            f"what is kept of the forge cannot be read: {error}",
            where=str(path),
            remedy="harvest it once more, or remove its folder: the forge is then asked anew",
        ) from error
    return None if row is None else json.loads(row[0])


class Store:
    """The parts of one repository. A context manager; one process at a time writes (the caller holds a lock), several threads of it may.

    Raises :class:`~cooldown_kit.errors.StorageError` where the disk is full or the file is damaged: when it is opened, or when its block is left.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self.path = path
        self._etags: dict[str, str] = {}
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            raise _refused(error, path) from error

    def _open(self) -> None:
        self._database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        # After a loss of power the last pages may be missing, never half of one: they are asked for again.
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Part).decode
        if not self._database.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone():
            with self._transaction():
                for statement in filter(str.strip, _TABLES.split(";")):
                    self._database.execute(statement)
                self._set("schema", SCHEMA)
        self._digest = int(str(self.fact("digest") or "0"), 16)

    @property
    def current(self) -> bool:
        """Whether this version of the kit can read it."""
        return bool(self.fact("schema") == SCHEMA)

    @property
    def digest(self) -> str:
        """Equal digests mean equal parts."""
        return f"{self._digest:032x}"

    def fact(self, name: str) -> Json:
        """A fact about the repository that was put down, ``None`` where it was not."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put_fact(self, name: str, value: Json) -> None:
        """Put a fact down."""
        with self._transaction():
            self._set(name, value)

    def _set(self, name: str, value: Json) -> None:
        self._database.execute(
            "INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, json.dumps(value, sort_keys=True))
        )

    # Pages

    def position(self, stream: str) -> Position | None:
        """Where a stream stands; ``None`` before its first page."""
        row = self._database.execute(
            "SELECT cursor, takes, since FROM cursors WHERE stream = ?", (stream,)
        ).fetchone()
        return None if row is None else Position(json.loads(row[0]), frozenset(json.loads(row[1])), row[2])

    def cursors(self) -> dict[str, Json]:
        """Stream → where it goes on."""
        rows = self._database.execute("SELECT stream, cursor FROM cursors")
        return {stream: json.loads(cursor) for stream, cursor in rows}

    def keep(self, stream: str, page: Page, *, takes: frozenset[str], since: str | None) -> int:
        """Store a page of a stream with its cursor; returns how many parts it changed."""
        with self._transaction():
            changed = self._parts(page)
            self._database.executemany("INSERT OR REPLACE INTO etags VALUES (?, ?)", self._etags.items())
            self._etags = {}
            self._database.execute(
                "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?)",
                (stream, json.dumps(page.cursor, sort_keys=True), json.dumps(sorted(takes)), since),
            )
        return changed

    def keep_details(self, todo: Todo, page: Page) -> int:
        """Store what was asked for about one thing, and take it off the list; returns how many parts it changed."""
        with self._transaction():
            changed = self._parts(page)
            self._database.execute(
                "UPDATE todo SET done = ? WHERE details = ? AND key = ?", (todo.stamp, todo.details, todo.key)
            )
        return changed

    def keep_beside(self, page: Page) -> int:
        """Store a page that moves no cursor on; returns how many parts it changed."""
        with self._transaction():
            return self._parts(page)

    def _parts(self, page: Page) -> int:
        changed = 0
        there: dict[tuple[str, str], set[str]] = {pair: set() for pair in page.whole}
        for part in page.parts:
            changed += self._put(part)
            if (keys := there.get((part.kind, part.of))) is not None:
                keys.add(part.key)
        for (kind, of), keys in there.items():
            changed += self._keep_only(kind, of, keys)
        for kind, of, existing in page.exist:
            changed += self._keep_only(kind, of, existing)
        for gone in page.gone:
            changed += self._forget(gone)
        for todo in page.todo:
            self._database.execute(
                "INSERT INTO todo VALUES (?, ?, ?, NULL) ON CONFLICT (details, key) DO UPDATE SET stamp = excluded.stamp",
                (todo.details, todo.key, todo.stamp),
            )
        self._set("digest", self.digest)
        return changed

    def _put(self, part: Part) -> bool:
        body = self._encode(part)
        place = (part.of, part.kind, part.key)
        before = self._body(place)
        if before == body:
            return False
        self._count(place, before, -1)
        self._count(place, body, 1)
        number = getattr(part, "number", None)
        self._database.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?)", (*place, number, body))
        if part.kind in _HEADS:  # it is there again
            self._database.execute("DELETE FROM gone WHERE kind = ? AND key = ?", (part.kind, part.key))
        return True

    def _keep_only(self, kind: str, of: str, keys: Iterable[str]) -> int:
        there = frozenset(keys)
        rows = self._database.execute('SELECT key FROM parts WHERE "of" = ? AND kind = ?', (of, kind))
        lost = [key for (key,) in rows.fetchall() if key not in there]
        for key in lost:
            self._remove((of, kind, key))
        return len(lost)

    def _forget(self, gone: Gone) -> int:
        """Remove a thing and all that belongs to it, and remember why."""
        of = f"{gone.kind}:{gone.key}"
        places = [("", gone.kind, gone.key)]
        rows = self._database.execute('SELECT "of", kind, key FROM parts WHERE "of" = ?', (of,))
        places += [(row[0], row[1], row[2]) for row in rows.fetchall()]
        removed = sum(map(self._remove, places))
        self._database.execute(
            "INSERT OR REPLACE INTO gone VALUES (?, ?, ?, ?)", (gone.kind, gone.key, gone.why, gone.to)
        )
        return removed

    def _remove(self, place: tuple[str, str, str]) -> bool:
        before = self._body(place)
        if before is None:
            return False
        self._count(place, before, -1)
        self._database.execute('DELETE FROM parts WHERE "of" = ? AND kind = ? AND key = ?', place)
        return True

    def _body(self, place: tuple[str, str, str]) -> bytes | None:
        row = self._database.execute(
            'SELECT body FROM parts WHERE "of" = ? AND kind = ? AND key = ?', place
        ).fetchone()
        return None if row is None else bytes(row[0])

    def _count(self, place: Sequence[str], body: bytes | None, sign: int) -> None:
        """Add a part to the digest, or take it out: a sum does not depend on the order in which parts came."""
        if body is not None:
            head = json.dumps(place).encode()
            value = hashlib.blake2b(head + b"\0" + body, digest_size=16).digest()
            self._digest = (self._digest + sign * int.from_bytes(value)) & _MASK

    # What is there

    def numbers(self, kind: str) -> list[int]:
        """Numbers of all requests, issues or discussions, ascending."""
        rows = self._database.execute(
            "SELECT number FROM parts WHERE \"of\" = '' AND kind = ? ORDER BY number", (kind,)
        )
        return [number for (number,) in rows]

    def keys(self, kind: str) -> set[str]:
        """Keys of all parts of a kind that belong to nothing else."""
        rows = self._database.execute("SELECT key FROM parts WHERE \"of\" = '' AND kind = ?", (kind,))
        return {key for (key,) in rows}

    def count(self, kind: str) -> int:
        """How many there are of a kind that belongs to nothing else."""
        found = self._database.execute(
            "SELECT count(*) FROM parts WHERE \"of\" = '' AND kind = ?", (kind,)
        ).fetchone()
        return int(found[0])

    def part(self, kind: str, key: str) -> Part | None:
        """One part that belongs to nothing else."""
        body = self._body(("", kind, key))
        return None if body is None else self._decode(body)

    def parts_of(self, of: str) -> list[Part]:
        """Everything that belongs to one thing, by kind and key; the thing itself is not in it."""
        rows = self._database.execute(
            'SELECT body FROM parts WHERE "of" = ? ORDER BY kind, length(key), key', (of,)
        )
        return [self._decode(body) for (body,) in rows.fetchall()]

    def all_of(self, kind: str) -> Iterator[Part]:
        """All parts of a kind that belong to nothing else, by key."""
        rows = self._database.execute(
            "SELECT body FROM parts WHERE \"of\" = '' AND kind = ? ORDER BY length(key), key", (kind,)
        )
        for (body,) in rows:
            yield self._decode(body)

    def links(self) -> Iterator[LinkPart]:
        """What belongs to what, of all requests."""
        rows = self._database.execute(
            "SELECT body FROM parts WHERE kind = 'link' AND \"of\" >= 'request:' AND \"of\" < 'request;'"
        )
        for (body,) in rows:
            part = self._decode(body)
            assert isinstance(part, LinkPart)
            yield part

    def all_gone(self) -> Iterator[Gone]:
        """What the forge has not got any more, though an earlier harvest saw it."""
        for kind, key, why, went in self._database.execute(
            "SELECT * FROM gone ORDER BY kind, length(key), key"
        ):
            yield Gone(kind, key, why, went)

    def todos(self, details: str) -> list[Todo]:
        """What is new or changed and was not asked for yet: first what never was, so that a harvest of few calls gets on."""
        rows = self._database.execute(
            "SELECT details, key, stamp FROM todo WHERE details = ? AND done IS NOT stamp "
            "ORDER BY done IS NOT NULL, done, length(key), key",
            (details,),
        )
        return [Todo(*row) for row in rows]

    # ETags

    def get(self, question: str) -> str | None:
        """The ETag of the last answer to a question."""
        row = self._database.execute("SELECT etag FROM etags WHERE question = ?", (question,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, question: str, etag: str) -> None:
        """Remember the ETag of an answer, from the moment on at which the page is stored that was made of it: were it sooner, a kill
        in between would make the next harvest believe that it has what it lacks."""
        self._etags[question] = etag

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        digest = getattr(self, "_digest", 0)
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")  # which may fail as well, where the disk is full
        except BaseException:
            if self._database.in_transaction:  # SQLite itself rolls back on some errors
                self._database.execute("ROLLBACK")
            self._digest = digest
            raise

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.close()
        if isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError:
            raise _refused(error, self.path) from error
