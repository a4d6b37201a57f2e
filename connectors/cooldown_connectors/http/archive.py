"""Answers as they came, kept so that a newer version of the kit can read them again without the network.

One file per harvest, ``0001.archive`` and so on, readable by its owner only. Each answer is an entry of its own: its length (4 bytes,
big end first), the question's digest (16 bytes), and a zstd frame with checksum that holds MessagePack. An entry is
written before the answer is used, so that whatever was made of answers can be made again. A harvest that is killed
leaves at most one entry cut short, the last one, which is ignored.

No header of a request is kept and no token; what the forge itself sends back of a token was taken out before.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from cooldown_connectors.http.errors import Answered, ArchiveEnds, NotFound, Refused, TooHeavy
from cooldown_connectors.http.json_body import parsed
from cooldown_connectors.http.questions import Answer, Asking, Question
from cooldown_kit.errors import InputError, StorageError

_HEAD: Final = 20
_DIGEST: Final = 16
_LEVEL: Final = 3
_NAME = re.compile(r"[0-9]{4,9}\.archive")
_LARGEST: Final = 4 << 30
_BY_NAME: Final = {kind.__name__: kind for kind in (Answered, NotFound, Refused)}


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question and what came of it: an answer, or an error that a forge's file may catch."""

    method: str
    target: str
    """Path and query."""
    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    asked: bytes = b""
    """Digest of the question's body."""
    error: str = ""
    said: tuple[str, str | None, str | None] = ("", None, None)
    """What, where and remedy of the error."""


def archived(folder: Path) -> list[Path]:
    """The files of an archive, the oldest harvest first; none where there is no archive."""
    if not folder.is_dir():
        return []
    return sorted(
        (p for p in folder.iterdir() if _NAME.fullmatch(p.name)), key=lambda p: (len(p.name), p.name)
    )


class Recording:
    """Asks, and writes down each answer before handing it out. Safe for threads."""

    def __init__(self, asking: Asking, folder: Path) -> None:
        """Begins the next file in ``folder``, which nobody else may write to meanwhile."""
        self._asking = asking
        self._lock = threading.Lock()
        self._pack = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self.path, self._file = _next_file(folder)
        self._unsynced = True

    def ask(self, question: Question) -> Answer:
        """As whom it asks; raises ``StorageError`` where the answer cannot be written."""
        try:
            answer = self._asking.ask(question)
        except Answered as error:
            name = type(error).__name__
            self._write(question, error.status, error=name, said=(error.what, error.where, error.remedy))
            raise
        except TooHeavy as error:
            self._write(question, 0, error="TooHeavy", said=(error.what, error.where, error.remedy))
            raise
        self._write(question, answer.status, headers=dict(answer.headers), body=answer.body)
        return answer

    def interrupt(self) -> None:
        """As whom it asks."""
        self._asking.interrupt()

    def sync(self) -> None:
        """Bring what was written to the disk: a page that is stored must not outlive the answers that it was made of."""
        with self._lock:
            if self._unsynced:
                os.fsync(self._file)
                self._unsynced = False

    def close(self) -> None:
        """Sync, and remove the file if nothing was asked. Closing again does nothing."""
        with self._lock:
            if self._file < 0:
                return
            os.fsync(self._file)
            empty = os.fstat(self._file).st_size == 0
            os.close(self._file)
            self._file = -1
        if empty:
            self.path.unlink(missing_ok=True)

    def _write(
        self,
        question: Question,
        status: int,
        *,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        error: str = "",
        said: tuple[str, str | None, str | None] = ("", None, None),
    ) -> None:
        entry = _Entry(
            question.method, question.target, status, headers or {}, body, _of(question), error, said
        )
        content = msgspec.msgpack.encode(entry)
        with self._lock:
            frame = self._pack.compress(content)
            whole = len(frame).to_bytes(4, "big") + question.digest + frame
            before = os.fstat(self._file).st_size
            try:
                written = os.write(self._file, whole)
                while written < len(whole):
                    written += os.write(self._file, whole[written:])
            except OSError as problem:
                os.ftruncate(self._file, before)  # half an entry would hide those that come after it
                raise StorageError(
                    f"the archive cannot be written ({problem.strerror})",
                    where=str(self.path),
                    remedy="free some space, or say `archive: false`; then run again",
                ) from None
            self._unsynced = True


class Replay:
    """Answers the questions of one archived harvest, and opens no connection. Safe for threads.

    The n-th time that a question is asked it gets the answer that it got the n-th time then.
    """

    def __init__(self, path: Path) -> None:
        """Reads where each answer stands, but no answer. Raises :class:`InputError` where the file cannot be read."""
        self.path = path
        self._lock = threading.Lock()
        self._places: dict[bytes, list[int]] = {}
        self._given: dict[bytes, int] = {}
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise self._unreadable(error.strerror or "it cannot be opened") from None
        self._index()

    def __len__(self) -> int:
        """How many answers there are."""
        return sum(map(len, self._places.values()))

    def ask(self, question: Question) -> Answer:
        """Raises what was raised then, ``TooHeavy`` where only a smaller question was answered, and ``ArchiveEnds``."""
        digest = question.digest
        with self._lock:
            number = self._given.get(digest, 0)
            places = self._places.get(digest, ())
            if number >= len(places):
                if question.halvable:  # this much may never have been asked for at once
                    raise TooHeavy("the archive holds no such page", where=str(self.path))
                raise ArchiveEnds(
                    "the archived harvest ends here",
                    where=f"{self.path}: {question.method} {question.target}"[:500],
                    remedy="harvest once more with `replay: false`",
                )
            self._given[digest] = number + 1
        entry = self._entry(places[number])
        if (entry.method, entry.target, entry.asked) != (question.method, question.target, _of(question)):
            raise self._unreadable("its index does not fit its answers")
        return _outcome(entry)

    def interrupt(self) -> None:
        """Nobody waits here."""

    def close(self) -> None:
        """Close the file. Closing again does nothing."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def _index(self) -> None:
        size = os.fstat(self._file).st_size
        place = 0
        while place + _HEAD <= size:
            head = os.pread(self._file, _HEAD, place)
            length = int.from_bytes(head[:4], "big")
            if place + _HEAD + length > size:
                break  # the harvest was killed while it wrote this one
            self._places.setdefault(head[4:], []).append(place)
            place += _HEAD + length
        if place and place == size and not self._is_whole(last := max(p[-1] for p in self._places.values())):
            # the length may reach the disk before the content does
            for places in self._places.values():
                if places and places[-1] == last:
                    places.pop()

    def _is_whole(self, place: int) -> bool:
        try:
            self._entry(place)
        except InputError:
            return False
        return True

    def _entry(self, place: int) -> _Entry:
        length = int.from_bytes(os.pread(self._file, 4, place), "big")
        frame = os.pread(self._file, length, place + _HEAD)
        try:
            size = zstandard.frame_content_size(frame)
            if not 0 <= size <= _LARGEST:
                raise self._unreadable("an answer in it has no size that can be")
            return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(frame), type=_Entry)
        except (zstandard.ZstdError, msgspec.MsgspecError, MemoryError):
            raise self._unreadable(f"the answer at byte {place} is damaged") from None

    def _unreadable(self, why: str) -> InputError:
        return InputError(
            f"the archive cannot be read ({why})",
            where=str(self.path),
            remedy="move this file away and replay the others, or harvest again with `replay: false`",
        )


def _outcome(entry: _Entry) -> Answer:
    what, where, remedy = entry.said
    if entry.error == "TooHeavy":
        raise TooHeavy(what, where=where, remedy=remedy)
    if entry.error:
        raise _BY_NAME.get(entry.error, Answered)(what, where=where, remedy=remedy, status=entry.status)
    return Answer(entry.status, entry.headers, entry.body, parsed(entry.body) if entry.body else None)


def _of(question: Question) -> bytes:
    """Digest of a question's body; it may hold a whole query, which every page would repeat."""
    return question.digest if question.body else b""


def _next_file(folder: Path) -> tuple[Path, int]:
    """The next file of the archive, made by us alone."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    known = archived(folder)
    number = int(known[-1].stem) + 1 if known else 1
    while True:
        path = folder / f"{number:04}.archive"
        try:
            return path, os.open(path, flags, 0o600)
        except FileExistsError:
            number += 1
