"""Artefacts onto this disk: whole, checked, and continued where a download was cut."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import httpx

from cooldown_kit.client.actions import Answer, Close, Flow, Pause, Read
from cooldown_kit.client.call import Call, CallOptions
from cooldown_kit.client.errors import ClientError, DownloadFailed, UnsafeName
from cooldown_kit.client.retry import backoff, connection_error, exchange
from cooldown_kit.client.wire import Artefact
from cooldown_kit.errors import StorageError

_CHUNK: Final = 1 << 20
_HASHED_AT_ONCE: Final = 32
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def chosen(artefacts: Iterable[Artefact], names: Iterable[str] | None) -> list[Artefact]:
    """Those that a name or a pattern (``adapter/*``) of ``names`` means. Raises :class:`DownloadFailed` for one that means none."""
    known = list(artefacts)
    if names is None:
        return known
    wanted: dict[str, Artefact] = {}
    for name in names:
        found = [artefact for artefact in known if fnmatchcase(artefact.name, name)]
        if not found:
            have = ", ".join(sorted(artefact.name for artefact in known)) or "none yet"
            raise DownloadFailed(f"the job has no artefact {name!r}", remedy=f"it has: {have}")
        wanted |= {artefact.name: artefact for artefact in found}
    return list(wanted.values())


def place_in(folder: Path, name: str) -> Path:
    """Where an artefact goes. Raises :class:`UnsafeName` for a name that leads anywhere but into the folder."""
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts) or not name.isprintable() or "\\" in name:
        raise UnsafeName(f"the service calls an artefact {name!r}, which is no path within a folder")
    target = folder.joinpath(*parts)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise UnsafeName(f"{name!r} leads out of the folder: a link stands in its way", where=str(folder))
    return target


def write_whole(path: Path, text: str) -> None:
    """All of it or nothing. Raises :class:`StorageError`."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)


def fetch(url: str, artefact: Artefact, target: Path, options: CallOptions) -> Flow[Path]:
    """Bring one artefact to ``target``; what is there already, with the right digest, is not asked for again.

    The bytes gather in a hidden file beside it, named by their digest, which a later call continues.
    Raises :class:`DownloadFailed`, or :class:`StorageError` where the disk does not take it.
    """
    part = target.with_name(f".{target.name}.{artefact.sha256[:16]}.part")
    with _writing(target):
        known = target.is_file() and target.stat().st_size == artefact.bytes
        if known and (yield from _digest(target)) == artefact.sha256:
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(2):  # what a former call left may be damaged: then once more, from the start
            part.touch()
            yield from _fill(url, artefact, part, options)
            if (yield from _digest(part)) == artefact.sha256:
                part.replace(target)
                return target
            part.unlink()
    raise DownloadFailed(
        "the bytes do not have the digest that the service tells",
        where=artefact.name,
        remedy="try again; should it stay so, the store of the service is damaged",
    )


def _fill(url: str, artefact: Artefact, part: Path, options: CallOptions) -> Flow[None]:
    """Until all bytes are there; gives up when several connections in a row bring none."""
    fruitless = 0
    while (have := part.stat().st_size) < artefact.bytes:
        failure: ClientError
        headers = {"accept": "*/*", "accept-encoding": "identity", "range": f"bytes={have}-"}
        answer = yield from exchange(
            Call("GET", url, lambda answer: answer, headers=headers), options, opened=True
        )
        try:
            yield from _write(part, _start(answer, have, artefact), artefact)
            failure = DownloadFailed(
                "the download ended before its end", where=artefact.name, remedy="try again"
            )
        except httpx.RequestError as error:
            failure = connection_error(error, options)
        yield Close()
        fruitless = 0 if part.stat().st_size > have else fruitless + 1
        if fruitless > options.max_retries:
            raise failure
        if fruitless:
            yield Pause(backoff(fruitless - 1))


def _write(part: Path, start: int, artefact: Artefact) -> Flow[None]:
    with part.open("r+b") as file:
        file.truncate(start)
        file.seek(start)
        while (piece := (yield Read())) is not None:
            file.write(piece)
            if file.tell() > artefact.bytes:
                raise DownloadFailed(
                    f"more bytes come than the {artefact.bytes:,} it has", where=artefact.name
                )
        file.flush()
        os.fsync(file.fileno())


def _start(answer: Answer, have: int, artefact: Artefact) -> int:
    """Where the body begins. Raises :class:`DownloadFailed` where it is another part than the one asked for."""
    if answer.status == 200:
        return 0
    found = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
    if answer.status != 206 or found is None or int(found[1]) != have:
        raise DownloadFailed("the service sent another part than was asked for", where=artefact.name)
    return have


def _digest(path: Path) -> Flow[str]:
    """In pieces: an event loop gets its turn between them."""
    digest = hashlib.sha256()
    for number, piece in enumerate(_pieces(path)):
        digest.update(piece)
        if number % _HASHED_AT_ONCE == _HASHED_AT_ONCE - 1:
            yield Pause(0)
    return digest.hexdigest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"it cannot be written: {error.strerror or error}",
            where=str(target),
            remedy="make room or choose another folder; the same call continues where it stopped",
        ) from error
