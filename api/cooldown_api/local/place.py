"""Where a local service is: the lock of who runs it, and the socket on which it answers."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import stat
import tempfile
from pathlib import Path
from typing import Final, Self

from cooldown_kit.errors import StorageError

_LONGEST: Final = 100
"""Bytes of a socket's path; the system takes 107."""
_SAID: Final = "local.json"


class Lock:
    """Held by the process that runs the service of a folder. It goes with the process, and not to those that it forks."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    @classmethod
    def take(cls, folder: Path) -> Self | None:
        """None where another process has it. Raises :class:`StorageError` where the folder cannot be used."""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(folder / "local.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(
                f"the folder cannot be used: {error.strerror}", where=str(folder), remedy="choose another"
            ) from error
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            os.close(handle)
            return None
        return cls(handle)

    def release(self) -> None:
        os.close(self._handle)


def new_socket(folder: Path) -> tuple[socket.socket, Path]:
    """A socket that only this user may connect to, below a short path. The lock is held: what is in its place is dead."""
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    path = _runtime_folder() / f"{name}.sock"
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))  # in a folder that nobody else may enter
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise StorageError(f"no socket can be made: {error.strerror or error}", where=str(path)) from error
    return listener, path


def tell(folder: Path, path: Path) -> None:
    """Say where it answers."""
    beside = folder / f".{_SAID}.{os.getpid()}"
    beside.write_text(json.dumps({"socket": str(path), "pid": os.getpid()}))
    beside.replace(folder / _SAID)


def answering(folder: Path) -> str | None:
    """The socket on which the service of a folder answers now."""
    try:
        path = str(json.loads((folder / _SAID).read_text())["socket"])
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.connect(path)
    except (OSError, ValueError, KeyError):
        return None
    return path


def _runtime_folder() -> Path:
    """A folder of this user alone. Raises :class:`StorageError` where somebody else made it: they could listen in our place."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    for base in (runtime, tempfile.gettempdir(), "/tmp"):  # noqa: S108 - checked below
        if not base or len(os.fsencode(base)) > _LONGEST - 40 or not Path(base).is_dir():
            continue
        folder = Path(base) / f"cooldown-{os.getuid()}"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            continue
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return folder
        raise StorageError(
            "this folder is not yours alone", where=str(folder), remedy=f"remove it, or `chmod 700 {folder}`"
        )
    raise StorageError("there is no folder for a socket", remedy="set TMPDIR to a folder with a short path")
