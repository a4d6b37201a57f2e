"""Mails on disk, and which of them belong together: by whom they answer, then by subject.

Threads are the connected parts of the graph of references, missing mails among its nodes: whatever order files and mails come in, each mail
is in one thread, always the same, and loops of references are nothing special. Jamie Zawinski's algorithm (jwz.org/doc/threading.html) groups in
the same way, but for where a reference contradicts another.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cooldown_connectors.threads.index_file import IndexFile
from cooldown_connectors.threads.mail import Mail
from cooldown_connectors.threads.packed import Packer

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS nodes (id INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS mails (
    number INTEGER PRIMARY KEY, node INTEGER NOT NULL, identity BLOB NOT NULL UNIQUE, digest BLOB NOT NULL, time INTEGER NOT NULL,
    key TEXT NOT NULL, orphan INTEGER NOT NULL, body BLOB NOT NULL, joined INTEGER, thread INTEGER);
CREATE TABLE IF NOT EXISTS links (mail INTEGER NOT NULL, node INTEGER NOT NULL, rank INTEGER NOT NULL, target INTEGER NOT NULL,
    PRIMARY KEY (mail, rank)) WITHOUT ROWID;
"""
_SUBJECT_SECONDS: Final = 30 * 86_400
"""A reply that names nobody belongs to the last mail with its subject, if that is not older."""
_MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail of a thread. ``above`` are the numbers of nodes that it answers, the nearest first."""

    node: int
    identity: bytes
    mail: Mail
    above: list[int]


class MailIndex:
    """Four bytes of memory for each message id while threads are put together; everything else is on disk."""

    def __init__(self, file: IndexFile) -> None:
        self.file = file
        self._db = file.db
        self._packer = Packer(Mail)

    def add(self, mail: Mail) -> bool:
        """False where it is there already. Of copies with different texts the same one stays whatever came first."""
        digest = hashlib.blake2b(mail.text.encode(), digest_size=8).digest()
        body = self._packer.pack(mail)
        identity = mail.identity
        there = self._db.execute(
            "SELECT number, digest FROM mails WHERE identity = ?", (identity,)
        ).fetchone()
        if there is not None:
            if digest < there[1]:
                self._db.execute("DELETE FROM mails WHERE number = ?", (there[0],))
                self._db.execute("DELETE FROM links WHERE mail = ?", (there[0],))
                self._insert(mail, identity, digest, body)
            return False
        self._insert(mail, identity, digest, body)
        return True

    def _insert(self, mail: Mail, identity: bytes, digest: bytes, body: bytes) -> None:
        node = self._node(mail.id)
        time = round(mail.sent_at.timestamp() * _MICRO)
        orphan = int(mail.reply and not mail.references)
        number = self._db.execute(
            "INSERT INTO mails (node, identity, digest, time, key, orphan, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (node, identity, digest, time, mail.key, orphan, body),
        ).lastrowid
        self._db.executemany(
            "INSERT INTO links VALUES (?, ?, ?, ?)",
            [(number, node, rank, self._node(above)) for rank, above in enumerate(mail.references)],
        )

    def _node(self, message_id: str) -> int:
        row = self._db.execute("SELECT id FROM nodes WHERE message_id = ?", (message_id,)).fetchone()
        if row is not None:
            return int(row[0])
        number = self._db.execute("INSERT INTO nodes (message_id) VALUES (?)", (message_id,)).lastrowid
        assert number is not None
        return number

    def finish(self) -> None:
        """All is added: join what belongs together. Doing it again changes nothing."""
        if self.file.fact("threaded"):
            return
        db = self._db
        db.execute("CREATE INDEX IF NOT EXISTS mails_key ON mails (key, time, identity)")
        self._join_by_subject()
        top = self._components()
        mails = db.execute("SELECT number, node FROM mails ORDER BY number")
        while batch := mails.fetchmany(10_000):
            db.executemany(
                "UPDATE mails SET thread = ? WHERE number = ?",
                [(_find(top, node), number) for number, node in batch],
            )
        db.execute("CREATE INDEX IF NOT EXISTS mails_thread ON mails (thread, time, identity)")
        self.file.state("threaded", "yes")

    def _join_by_subject(self) -> None:
        db = self._db
        orphans = db.execute(
            "SELECT number, key, time, identity FROM mails WHERE orphan AND key != '' ORDER BY number"
        )
        while batch := orphans.fetchmany(1000):
            for number, key, time, identity in batch:
                row = db.execute(
                    "SELECT node FROM mails WHERE key = ? AND (time, identity) < (?, ?) AND time >= ?"
                    " ORDER BY time DESC, identity DESC LIMIT 1",
                    (key, time, identity, time - _SUBJECT_SECONDS * _MICRO),
                ).fetchone()
                db.execute("UPDATE mails SET joined = ? WHERE number = ?", (row[0] if row else None, number))

    def _components(self) -> array[int]:
        (nodes,) = self._db.execute("SELECT coalesce(max(id), 0) FROM nodes").fetchone()
        top = array("I", range(nodes + 1))
        for query in (
            "SELECT node, target FROM links",
            "SELECT node, joined FROM mails WHERE joined IS NOT NULL",
        ):
            for one, other in self._db.execute(query):
                first, second = _find(top, one), _find(top, other)
                top[max(first, second)] = min(first, second)
        return top

    def threads(self) -> Iterator[tuple[int, int]]:
        """``(thread, how many mails)``, the one that began first first."""
        yield from self._db.execute(
            "SELECT thread, count(*) FROM mails GROUP BY thread ORDER BY min(time), min(identity)"
        )

    def count(self) -> int:
        return int(self._db.execute("SELECT count(DISTINCT thread) FROM mails").fetchone()[0])

    def newest(self, thread: int) -> float:
        """Time of the last mail, seconds since 1970."""
        row = self._db.execute("SELECT max(time) FROM mails WHERE thread = ?", (thread,)).fetchone()
        return float(row[0]) / _MICRO

    def mails(self, thread: int, limit: int) -> list[Kept]:
        """The oldest mails of a thread, in order of time."""
        rows = self._db.execute(
            "SELECT number, node, identity, joined, body FROM mails WHERE thread = ? ORDER BY time, identity LIMIT ?",
            (thread, limit),
        ).fetchall()
        kept = []
        for number, node, identity, joined, body in rows:
            links = self._db.execute("SELECT target FROM links WHERE mail = ? ORDER BY rank", (number,))
            above = [target for (target,) in links]
            mail = self._packer.unpack(body)
            kept.append(Kept(node, identity, mail, above + ([joined] if joined is not None else [])))
        return kept


def _find(top: array[int], node: int) -> int:
    """The node that stands for all that this one is joined with (union-find with path halving)."""
    while top[node] != node:
        top[node] = top[top[node]]
        node = top[node]
    return node
