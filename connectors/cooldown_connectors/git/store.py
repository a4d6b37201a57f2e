"""Bare repositories of ours in the workspace: one that borrows a local repository's objects, one that mirrors a remote."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.locate import Located
from cooldown_kit.workspace import digest_of


def linked(git: Git, store: Path, located: Located, id_length: int) -> Git:
    """An empty bare repository that reads the objects of ``located`` in place: nothing copied, nothing of theirs configured.

    Its ``shallow`` file is the same, so that git knows where history was cut.
    """
    folder = store / f"linked-{digest_of([str(located.objects), id_length])[:16]}.git"
    with locked(folder):
        made = bare(git, folder, id_length)
        _write(folder / "objects" / "info" / "alternates", _quoted(os.fsencode(located.objects)) + b"\n")
        edge = located.shallow()
        if edge:
            _write(folder / "shallow", "".join(f"{commit}\n" for commit in sorted(edge)).encode())
        else:
            (folder / "shallow").unlink(missing_ok=True)
    return made


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
def locked(folder: Path) -> Iterator[None]:
    """Only one run at a time changes that repository; the lock dies with its process."""
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with folder.with_name(folder.name + ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


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
