"""What a site of questions and answers holds, whatever it was exported as, and the index that brings it together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal

import msgspec

from cooldown_connectors.threads.index_file import IndexFile
from cooldown_connectors.threads.packed import Packer
from cooldown_kit.records import Person

Kind = Literal["question", "answer", "article"]
MAX_ID: Final = (1 << 63) - 1
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS posts (id INTEGER PRIMARY KEY, of INTEGER, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS remarks (id INTEGER PRIMARY KEY, of INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS closings (post INTEGER PRIMARY KEY, reason TEXT NOT NULL, rank INTEGER NOT NULL);
"""
_READY: Final = """
CREATE INDEX IF NOT EXISTS posts_of ON posts (of) WHERE of IS NOT NULL;
CREATE INDEX IF NOT EXISTS remarks_of ON remarks (of);
"""
_COMMUNITY: Final = -1
"""Id of the account in whose name the site itself writes."""


class Post(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A question, an answer or an article, with its text as it was exported."""

    id: int
    kind: Kind
    of: int | None = None
    """The question that it answers."""
    created_at: datetime
    text: str
    markup: Literal["html", "markdown"] = "html"
    title: str = ""
    tags: list[str] = []
    score: int | None = None
    accepted: bool = False
    accepted_answer: int | None = None
    edited_at: datetime | None = None
    owner: int | None = None
    owner_name: str = ""
    owner_email: str = ""
    closed: str | None = None
    licence: str | None = None
    url: str | None = None


class Remark(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A comment under a post."""

    id: int
    of: int
    created_at: datetime
    text: str
    markup: Literal["html", "markdown"] = "markdown"
    score: int | None = None
    edited_at: datetime | None = None
    owner: int | None = None
    owner_name: str = ""
    owner_email: str = ""
    licence: str | None = None


class PostIndex:
    """Posts and remarks by what they belong to, on disk; memory stays flat whatever the size of the site."""

    def __init__(self, file: IndexFile) -> None:
        self.file = file
        self._db = file.db
        self._posts = Packer(Post)
        self._encode = msgspec.msgpack.Encoder().encode
        self._remark = msgspec.msgpack.Decoder(Remark).decode

    def add_post(self, post: Post) -> bool:
        """False where a post of that id is there already: the first one stays."""
        body = self._posts.pack(post)
        done = self._db.execute("INSERT OR IGNORE INTO posts VALUES (?, ?, ?)", (post.id, post.of, body))
        return done.rowcount == 1

    def add_remark(self, remark: Remark) -> bool:
        """The same for a remark."""
        row = (remark.id, remark.of, self._encode(remark))
        return self._db.execute("INSERT OR IGNORE INTO remarks VALUES (?, ?, ?)", row).rowcount == 1

    def add_user(self, number: int, name: str, email: str = "") -> None:
        self._db.execute("INSERT OR IGNORE INTO users VALUES (?, ?, ?)", (number, name, email))

    def add_closing(self, post: int, reason: str, rank: int) -> None:
        """Why a post was closed; the reason of the highest ``rank`` stays, of equal ones the last."""
        self._db.execute(
            "INSERT INTO closings VALUES (?1, ?2, ?3) ON CONFLICT (post) DO UPDATE SET reason = ?2, rank = ?3 WHERE rank <= ?3",
            (post, reason, rank),
        )

    def finish(self) -> None:
        """All is added: sort it by what it belongs to."""
        self.file.commit()
        self._db.execute("COMMIT")
        self._db.executescript(_READY)
        self._db.execute("BEGIN")

    def roots(self) -> Iterator[Post]:
        """Questions and articles in order of id."""
        for (body,) in self._db.execute("SELECT body FROM posts WHERE of IS NULL ORDER BY id"):
            yield self._posts.unpack(body)

    def count_roots(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM posts WHERE of IS NULL").fetchone()[0])

    def count_answers(self, question: int) -> int:
        return int(self._db.execute("SELECT count(*) FROM posts WHERE of = ?", (question,)).fetchone()[0])

    def answers(self, question: int) -> Iterator[Post]:
        """In order of id, which is that of time."""
        for (body,) in self._db.execute("SELECT body FROM posts WHERE of = ? ORDER BY id", (question,)):
            yield self._posts.unpack(body)

    def remarks(self, post: int) -> Iterator[Remark]:
        for (body,) in self._db.execute("SELECT body FROM remarks WHERE of = ? ORDER BY id", (post,)):
            yield self._remark(body)

    def closing(self, post: int) -> str | None:
        row = self._db.execute("SELECT reason FROM closings WHERE post = ?", (post,)).fetchone()
        return str(row[0]) if row else None

    def person(self, of: Post | Remark) -> Person | None:
        """Who wrote it; ``None`` for an account that was deleted and left no name."""
        row = None
        if of.owner is not None:
            row = self._db.execute("SELECT name, email FROM users WHERE id = ?", (of.owner,)).fetchone()
        name, email = row or (of.owner_name, of.owner_email)
        if not name and not email:
            return None
        # Texts mention people by their name without spaces.
        return Person(
            name=name,
            email=email or of.owner_email,
            login="".join(name.split()),
            bot=True if of.owner == _COMMUNITY else None,
        )

    def without_question(self) -> Iterator[tuple[int, int]]:
        """``(id, question)`` of answers to what is not there."""
        yield from self._db.execute(
            "SELECT a.id, a.of FROM posts a LEFT JOIN posts q ON q.id = a.of AND q.of IS NULL"
            " WHERE a.of IS NOT NULL AND q.id IS NULL ORDER BY a.id"
        )

    def without_post(self) -> Iterator[tuple[int, int]]:
        """``(id, post)`` of remarks on what is not there."""
        yield from self._db.execute(
            "SELECT r.id, r.of FROM remarks r LEFT JOIN posts p ON p.id = r.of WHERE p.id IS NULL ORDER BY r.id"
        )
