"""The store of a workspace: what connectors keep between runs, each with a marker beside it that says what it is of.

``store/forge/github-payments-1a2b`` and what is named after it (``….lock``, ``….new``) are one entry; its marker is
``….kept.json``, whose time of change is that of the last use. A run holds the store's lock together with other runs, whoever
removes something holds it alone: between two stages of a run no lock of an entry is held, and it counts on all of them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from cooldown_kit.errors import StorageError
from cooldown_kit.workspace import STORE_LOCK, locked, write_whole

_MARKER: Final = ".kept.json"
_LOCK: Final = ".lock"
_REMOVED: Final = ".removed"
_DEPTH: Final = 2
"""Folders below the store in which entries are looked for: ``store/huggingface/{host}/`` is the deepest."""


class _Marker(msgspec.Struct, frozen=True):
    what: str
    again: str
    calls: int = 0


@dataclass(frozen=True)
class Kept:
    """One entry of a store."""

    path: Path
    what: str
    """What it is of, ``acme/payments at https://github.com``."""
    again: str
    """What it takes to have it again."""
    calls: int
    """Questions to an API that it took; at least, as one that was killed counted no more."""
    used_at: float
    files: tuple[Path, ...]
    """All that belongs to it, but for its marker and its lock."""

    @property
    def lock(self) -> Path:
        """Held by who changes it."""
        return self.path.with_name(self.path.name + _LOCK)


def keep(entry: Path, *, what: str, again: str, calls: int = 0) -> None:
    """Say what lies at ``entry``, or will, and that it is used now.

    Args:
        what: what it is of, for people: place and name as the recipe has them, and no secret.
        again: what it takes to have it again, ``a clone``.
        calls: questions to an API that it took this time; they are added up.
    """
    path = entry.with_name(entry.name + _MARKER)
    before = _read(path)
    marker = _Marker(what, again, calls + (before.calls if before else 0))
    if marker == before:
        os.utime(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, msgspec.json.encode(marker), 0o600)


def entries(store: Path) -> tuple[list[Kept], list[Path]]:
    """What is kept, and what lies in the store beside it without a marker that says what it is."""
    return _entries(store, _DEPTH) if store.is_dir() else ([], [])


def _entries(folder: Path, depth: int) -> tuple[list[Kept], list[Path]]:
    names = sorted(path.name for path in folder.iterdir())
    markers = {
        name.removesuffix(_MARKER): (folder / name, marker)
        for name in names
        if name.endswith(_MARKER) and (marker := _read(folder / name))
    }
    belonging: dict[str, list[Path]] = {name: [] for name in markers}
    kept: list[Kept] = []
    unknown: list[Path] = []
    for name in names:
        owner = _owner(name, markers)
        if owner is not None:
            if name not in (owner + _MARKER, owner + _LOCK):
                belonging[owner].append(folder / name)
            continue
        path = folder / name
        below, beside = _entries(path, depth - 1) if depth and _is_folder(path) else ([], [])
        if below:
            kept += below
            unknown += beside
        elif not name.endswith(_LOCK) and not (_is_folder(path) and _is_empty(path)):
            unknown.append(path)
    for name, files in belonging.items():
        path, marker = markers[name]
        if files:
            used = path.stat().st_mtime
            kept.append(Kept(folder / name, marker.what, marker.again, marker.calls, used, tuple(files)))
    return sorted(kept, key=lambda one: one.path), unknown


def _owner(name: str, among: Mapping[str, object]) -> str | None:
    """The entry that a name belongs to: its own, or the longest one that it goes on from with a dot."""
    while name not in among:
        name, dot, _ = name.rpartition(".")
        if not dot:
            return None
    return name


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_empty(folder: Path) -> bool:
    """Whether nothing is below but locks that nobody has to hold any more."""
    return all(name.endswith(_LOCK) for _, _, names in os.walk(folder) for name in names)


def _read(path: Path) -> _Marker | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Marker)
    except (OSError, msgspec.DecodeError):
        return None


@contextmanager
def alone_in(store: Path) -> Iterator[bool]:
    """Whether no run works with the store; none begins to until the block is left. False where one does."""
    with ExitStack() as held:
        try:
            held.enter_context(locked(store / STORE_LOCK, what="the store"))
            alone = True
        except StorageError:
            alone = False
        yield alone


def discard(kept: Iterable[Kept]) -> list[Path]:
    """Delete entries; returns the paths of those that were left, as a process changes them. Call it where :func:`alone_in` is true.

    A kill leaves nothing that looks whole: what is being deleted has another name, and the marker goes last.
    """
    left = []
    for one in kept:
        try:
            with locked(one.lock, what=one.path.name):
                for path in sorted(one.files, key=_is_left_behind, reverse=True):
                    _delete(path)
                one.path.with_name(one.path.name + _MARKER).unlink()
        except StorageError:
            left.append(one.path)
    return left


def _is_left_behind(path: Path) -> bool:
    """Whether a removal that was killed left it."""
    return path.name.endswith(_REMOVED)


def _delete(path: Path) -> None:
    if not _is_left_behind(path):
        path = path.rename(path.with_name(path.name + _REMOVED))
    if _is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink()
