"""The workspace: content-addressed outputs of stages, published whole or not at all.

A stage's output is a folder ``stages/{stage}/{label}-{key}``. Its key is a hash of what went in: the digests of its inputs, its
options and the version of its code. A finished key is never computed again. While a stage works, its folder is called
``….partial``; publishing is: write the manifest, fsync, rename. A ``.partial`` folder that a killed run
left behind is continued where the stage can do that (training) and thrown away whole where it cannot.

A manifest also holds a digest of the *contents* of the output. Later stages take that digest as their input, so an earlier stage
that ran again and made the same bytes does not set the later ones off.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from cooldown_kit import __version__
from cooldown_kit.errors import StorageError
from cooldown_kit.events import Emit, StageFinished, StageStarted

MANIFEST = "manifest.json"
STORE_LOCK = "in-use.lock"
"""In the store: runs hold it together, whoever removes something from the store alone."""
_HASH_CHUNK = 1 << 20
_WAIT_SECONDS = 0.2

Wait = Callable[[str], None]
"""Called again and again while another process works on what is named; it may raise to give up."""


def digest_of(value: Any) -> str:
    """32 hex digits that identify any JSON-like value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def digest_of_file(path: Path) -> str:
    """32 hex digits that identify the bytes of a file."""
    hasher = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(_HASH_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


@dataclass(frozen=True)
class StageOutput:
    """A finished stage: its folder, its key, the digest of its contents and its counters."""

    stage: str
    label: str
    path: Path
    key: str
    digest: str
    summary: Mapping[str, Any]
    cached: bool
    seconds: float


@dataclass(frozen=True)
class StageSpec:
    """What decides a stage's key, and how its folder is treated.

    ``inputs`` are the digests of what goes in, ``options`` the JSON of its options, ``version`` a number in its
    code that is raised whenever the same inputs would give another output.
    ``private`` folders are readable by their owner only; ``resumable`` ones keep their partial folder after a kill.
    """

    stage: str
    label: str
    inputs: Mapping[str, Any]
    options: Any
    version: int
    private: bool = False
    resumable: bool = False

    @property
    def key(self) -> str:
        return digest_of([self.stage, self.version, dict(self.inputs), self.options])

    @property
    def name(self) -> str:
        """The stage, and what it works on where it does not work on everything."""
        return f"{self.stage} ({self.label})" if self.label else self.stage


class Workspace:
    """A folder that holds everything a project's runs made. Safe for one run at a time per stage output.

    ``wait`` is called about every 0.2 seconds while another process works on a stage that this one needs, with what that
    process works on; it may raise :class:`~cooldown_kit.errors.Stopped`. Without it a locked stage is a :class:`StorageError` at once.
    """

    def __init__(self, root: Path, *, wait: Wait | None = None) -> None:
        self.root = root.absolute()
        self.wait = wait
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            _write_once(self.root / ".gitignore", "*\n", 0o644)
            _write_once(self.root / "hash.key", secrets.token_hex(32), 0o600)
        except OSError as error:
            raise storage_error(error, self.root) from error
        self.hash_key = bytes.fromhex((self.root / "hash.key").read_text())
        """Key of every keyed hash in this workspace; it never leaves it."""

    @property
    def store(self) -> Path:
        """Where connectors keep clones and cursors between runs; readable by its owner only."""
        path = self.root / "store"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    @contextmanager
    def using_store(self) -> Iterator[None]:
        """Nothing is removed from the store until the block is left. Waits while something is being removed."""
        wait = self.wait or (lambda _: None)
        try:
            lock = self.store / STORE_LOCK
        except OSError as error:
            raise storage_error(error, self.root) from error
        with locked(lock, what="the store", wait=wait, shared=True):
            yield

    def keyed_hash(self, value: str) -> str:
        """16 hex digits that stand for a value, the same throughout this workspace and nowhere else."""
        return hashlib.blake2b(value.strip().lower().encode(), key=self.hash_key, digest_size=8).hexdigest()

    @property
    def runs(self) -> Path:
        path = self.root / "runs"
        path.mkdir(exist_ok=True)
        return path

    def folder(self, spec: StageSpec) -> Path:
        """Where the output of that stage is, or will be."""
        label = re.sub(r"[^A-Za-z0-9._-]+", "-", spec.label)[:48]
        return self.root / "stages" / spec.stage / "-".join(filter(None, [label, spec.key[:16]]))

    def finished(self, spec: StageSpec) -> StageOutput | None:
        """The output of that stage if it is there and whole, else ``None``."""
        path = self.folder(spec)
        try:
            manifest = json.loads((path / MANIFEST).read_text())
        except (FileNotFoundError, NotADirectoryError):
            return None
        return StageOutput(
            spec.stage,
            spec.label,
            path,
            spec.key,
            manifest["digest"],
            manifest["summary"],
            True,
            manifest["seconds"],
        )

    def build(self, spec: StageSpec, work: Callable[[Path], Mapping[str, Any]], emit: Emit) -> StageOutput:
        """The output of that stage: found if it is there, made by ``work(folder)`` if not.

        ``work`` writes into the folder and returns its counters. Whatever it raises, no half-written output is ever
        published. Raises :class:`StorageError` where the disk is full, the folder cannot be written, or another process works on
        that stage and this workspace does not wait.
        """
        emit(StageStarted(stage=spec.stage, detail=spec.label))
        output = self.finished(spec)
        if output is None:
            try:
                output = self._make(spec, work)
            except OSError as error:
                raise storage_error(error, self.root) from error
        emit(
            StageFinished(
                stage=spec.stage,
                detail=spec.label,
                seconds=output.seconds,
                cached=output.cached,
                summary=dict(output.summary),
            )
        )
        return output

    def _make(self, spec: StageSpec, work: Callable[[Path], Mapping[str, Any]]) -> StageOutput:
        final = self.folder(spec)
        final.parent.mkdir(parents=True, exist_ok=True)
        partial = final.with_name(final.name + ".partial")
        lock = final.with_name(final.name + ".lock")
        with locked(lock, what=f"stage {spec.name}", wait=self.wait):
            if output := self.finished(spec):  # another run finished it while this one waited for the lock
                return output
            if not spec.resumable:
                shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(mode=0o700 if spec.private else 0o755, exist_ok=True)
            start = time.monotonic()
            try:
                summary = dict(work(partial))
            except BaseException:
                if not spec.resumable:
                    shutil.rmtree(partial, ignore_errors=True)
                raise
            seconds = time.monotonic() - start
            files = _files(partial, private=spec.private)
            manifest = {
                "stage": spec.stage,
                "label": spec.label,
                "key": spec.key,
                "version": spec.version,
                "kit": __version__,
                "inputs": dict(spec.inputs),
                "options": spec.options,
                "files": files,
                "digest": digest_of(files),
                "summary": summary,
                "seconds": seconds,
                "finished_at": time.time(),
            }
            write_whole(partial / MANIFEST, json.dumps(manifest, indent=1, default=str))
            if final.exists():  # a folder without a manifest: somebody removed it by hand
                shutil.rmtree(final)
            partial.rename(final)
            _sync_folder(final.parent)
        return StageOutput(
            spec.stage, spec.label, final, spec.key, manifest["digest"], summary, False, seconds
        )


def write_whole(path: Path, content: str | bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader sees all of it or none: write beside, fsync, rename. Text is written in UTF-8."""
    beside = path.with_name(f".{path.name}.{_writer()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
    _sync_folder(path.parent)


def _writer() -> str:
    """Part of a file's name that no other process and no other thread uses."""
    return f"{os.getpid()}-{threading.get_ident()}"


def storage_error(error: OSError, place: Path) -> Exception:
    """A :class:`StorageError` for what the disk refused; any other ``OSError`` comes back unchanged."""
    where = str(error.filename or place)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageError(
            "the disk is full: nothing half-written was kept",
            where=where,
            remedy="free some space (`cooldown clean` lists what old runs hold), or set another `workspace`; then run again",
        )
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return StorageError(
            "the workspace cannot be written",
            where=where,
            remedy="give yourself write permission there, or set another `workspace`",
        )
    return error


def _write_once(path: Path, text: str, mode: int) -> None:
    """Write a file unless it is there. Of two processes at the same moment one wins, and both then read its text."""
    if path.exists():
        return
    beside = path.with_name(f".{path.name}.{_writer()}.new")
    write_whole(beside, text, mode)
    with suppress(FileExistsError):
        os.link(beside, path)
    beside.unlink()


def _files(folder: Path, *, private: bool) -> dict[str, str]:
    """Relative path → digest of every file below; fsyncs each, and closes private ones to others."""
    digests = {}
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            continue
        if private:
            path.chmod(0o600)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        digests[path.relative_to(folder).as_posix()] = digest_of_file(path)
    return digests


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, what: str, wait: Wait | None = None, *, shared: bool = False) -> Iterator[None]:
    """An advisory lock that dies with its process, so a kill never leaves one behind. Those who hold it ``shared`` hold it together.

    Where another process holds it, ``wait(what)`` is called about every 0.2 seconds until it is free or ``wait`` raises.
    Without ``wait`` it raises :class:`StorageError` at once.
    """
    with path.open("a") as file:
        while not _taken(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if wait is None:
                raise StorageError(
                    f"{what} is being worked on by another run",
                    where=str(path),
                    remedy="wait for that run to end, or use another `workspace`",
                )
            wait(what)
            time.sleep(_WAIT_SECONDS)
        yield


def _taken(file: IO[str], mode: int) -> bool:
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock at ``path``."""
    try:
        with locked(path, ""):
            return False
    except StorageError:
        return True
