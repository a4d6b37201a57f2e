"""The worker of `cooldown serve`: a process of its own, started again when it dies. Neither takes the other with it.

There is one for each `data_dir`, by a lock that dies with it. A server that starts replaces the worker that an earlier one left: it may
be of another version, or have other settings. Children do not notice.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from cooldown_api.settings import Settings
from cooldown_kit.engine import process
from cooldown_kit.engine.process import Identity
from cooldown_kit.errors import StorageError

_log = logging.getLogger("cooldown_api.worker")
_LOOK_SECONDS = 0.5
_LEAVE_SECONDS = 10.0
_DRAIN = "--drain"
_LONGEST_BACKOFF = 30.0


class EmbeddedWorker:
    """Keeps one worker process alive. :meth:`start` and :meth:`stop` may be called from any thread."""

    def __init__(self, settings: Settings, *, drain: bool = False) -> None:
        """``drain``: when stopped, stop the children first and give their jobs back."""
        self._settings = settings
        self._drain = drain
        self._lock = settings.data_dir.absolute() / "worker.lock"
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name="embedded-worker", daemon=True)

    @property
    def pid(self) -> int | None:
        """Of the worker that this one started last."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Replace a worker that an earlier server left, start one, and keep it alive."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        if (other := holder(self._lock)) is not None:
            _log.info("replaces the worker that an earlier server left (process %s)", other.pid)
            end(other)
        self._process = self._begin()
        self._thread.start()

    def stop(self) -> None:
        """End the worker. Its children go on for `orphan_seconds`: a server that is back by then finds them. Not so with ``drain``."""
        self._stopping.set()
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_LEAVE_SECONDS + self._drain * self._settings.worker.grace_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _keep_alive(self) -> None:
        backoff, began = 0.0, time.monotonic()
        while not self._stopping.wait(_LOOK_SECONDS + backoff):
            assert self._process is not None
            if self._process.poll() is None:
                continue
            if holder(self._lock) is not None:  # another server's worker took its place
                continue
            lived = time.monotonic() - began
            backoff = 0.0 if lived > _LONGEST_BACKOFF else min(_LONGEST_BACKOFF, backoff * 2 + 0.5)
            _log.warning("the worker ended (status %s), and is started again", self._process.returncode)
            began = time.monotonic()
            self._process = self._begin()

    def _begin(self) -> subprocess.Popen[bytes]:
        log = self._lock.with_name("worker.log").open("ab")
        with log:
            started = subprocess.Popen(
                [sys.executable, "-P", "-m", "cooldown_api.worker.embedded", *["--drain"] * self._drain],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                close_fds=True,
            )
        assert started.stdin is not None
        # on its stdin: what stands in arguments and environments, others can read
        with started.stdin as pipe:
            pipe.write(json.dumps(_in_clear(self._settings)).encode())
        return started


@contextmanager
def only_one(lock: Path) -> Iterator[bool]:
    """Be the one embedded worker: false where another is."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(Identity.of_self()), 0)
        yield True
    finally:
        os.close(handle)


def holder(lock: Path) -> Identity | None:
    """The embedded worker that is alive, if there is one."""
    try:
        handle = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            return msgspec.json.decode(os.pread(handle, 4096, 0), type=Identity)
        except msgspec.DecodeError:  # it has the lock, and writes who it is just now
            return Identity(pid=0, started=0, host="")
    else:
        return None
    finally:
        os.close(handle)


def end(other: Identity) -> None:
    """Ask an embedded worker to leave; kill it where it does not. One of another container cannot be ended from here.

    Raises :class:`StorageError` for that.
    """
    if other.host != process.host_id():
        raise StorageError(
            "another server, in another container, has its worker on this `data_dir`",
            where="data_dir",
            remedy="stop it, give this server a `data_dir` of its own, or run both on Postgres with `cooldown worker`",
        )
    until = time.monotonic() + _LEAVE_SECONDS
    while process.alive(other) and time.monotonic() < until:
        process.ask_to_end(other)  # again: one that would first stop its children leaves at once then
        time.sleep(0.2)
    if process.alive(other):
        os.kill(other.pid, 9)  # itself alone: its children are in sessions of their own
        while process.alive(other):
            time.sleep(0.02)


def _in_clear(settings: Settings) -> dict[str, Any]:
    return {
        **settings.model_dump(mode="json"),
        "database_url": settings.database_url.get_secret_value(),
        "secret_key": settings.secret_key.get_secret_value(),
        "data_dir": str(settings.data_dir.absolute()),
    }


def main() -> int:
    """The process itself: settings come on stdin."""
    from cooldown_api.worker.main import work

    settings = Settings.model_validate(json.load(sys.stdin.buffer))
    with only_one(settings.data_dir / "worker.lock") as alone:
        if not alone:
            return 0
        return work(settings, drain="--drain" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
