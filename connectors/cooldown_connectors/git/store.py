"""Bare repositories of ours in the workspace: one that borrows a local repository's objects, one that mirrors a remote."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.locate import Located
from cooldown_kit.events import Emit, ignore
from cooldown_kit.waiting import Waiting
from cooldown_kit.workspace import digest_of

_LOOK_SECONDS: Final = 0.1


def linked(git: Git, store: Path, located: Located, id_length: int) -> Git:
    """An empty bare repository that reads the objects of ``located`` in place: nothing copied, nothing of theirs configured.

    Its ``shallow`` file is the same, so that git knows where history was cut.
    """
    folder = linked_folder(store, located, id_length)
    with locked(folder):
        made = bare(git, folder, id_length)
        _write(folder / "objects" / "info" / "alternates", _quoted(os.fsencode(located.objects)) + b"\n")
        edge = located.shallow()
        if edge:
            _write(folder / "shallow", "".join(f"{commit}\n" for commit in sorted(edge)).encode())
        else:
            (folder / "shallow").unlink(missing_ok=True)
    return made


def linked_folder(store: Path, located: Located, id_length: int) -> Path:
    """Where :func:`linked` makes it."""
    return store / f"linked-{digest_of([str(located.objects), id_length])[:16]}.git"


def bare(git: Git, folder: Path, id_length: int) -> Git:
    """A bare repository at ``folder``: made whole, or not at all. Call it under :func:`locked`."""
    if not folder.exists():
        beside = folder.with_name(folder.name + ".new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        object_format = "sha256" if id_length == 64 else "sha1"
        replace(git, directory=None, protocols=(), secrets={}).run(
            "init",
            "--quiet",
            "--bare",
            f"--object-format={object_format}",
            "--end-of-options",
            os.fsencode(beside),
        )
        beside.rename(folder)
    return replace(git, directory=folder, protocols=(), secrets={})


@contextmanager
def locked(folder: Path, emit: Emit = ignore, *, what: str = "") -> Iterator[None]:
    """Only one run at a time changes that repository, or what else ``what`` names; the lock dies with its process.

    A wait is told again and again: ``emit`` may raise to end it, and whoever watches sees that nothing hangs.
    """
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with folder.with_name(folder.name + ".lock").open("w") as file:
        waiting = Waiting(emit, lambda: False, stage="harvest")
        while not _taken(file):
            waiting(what or f"the repository in {folder.name}")
            time.sleep(_LOOK_SECONDS)
        yield


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    if path.exists() and path.read_bytes() == content:
        return
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(content)
    beside.replace(path)


def _quoted(path: bytes) -> bytes:
    """C-style quotes, as gitrepository-layout(5) takes them in ``alternates``: a path may hold a newline."""
    return b'"' + path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
