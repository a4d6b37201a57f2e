"""What a workspace holds, and how to give the space back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cooldown_kit.errors import StorageError
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.workspace import is_locked


@dataclass(frozen=True)
class Holding:
    """A run, or a stage output that no run uses any more."""

    name: str
    path: Path
    bytes: int
    kind: str
    """``run``, ``unused`` or ``unfinished``."""
    in_use: bool = False
    """True while a process works on it."""


def holdings(workspace: Path) -> list[Holding]:
    """Runs, stage outputs that no run refers to, and unfinished ones. Bytes that hard links share are counted once, with the first."""
    used, seen, found = set(), set[tuple[int, int]](), []
    for run in sorted((workspace / "runs").glob("*/run.json")):
        folder = RunFolder.open(run.parent)
        used |= {Path(stage["path"]) for stage in folder.state.stages.values()}
        found.append(Holding(run.parent.name, run.parent, _size(run.parent, seen), "run", _held(folder.lock)))
    for path in _outputs(workspace):
        if path.suffix == ".partial":
            held = _held(path.with_suffix(".lock"))
            name = f"{path.parent.name}/{path.name}"
            found.append(Holding(name, path, _size(path, seen), "unfinished", held))
        elif path not in used and path.parent.name != "model":
            found.append(Holding(f"{path.parent.name}/{path.name}", path, _size(path, seen), "unused"))
    return found


def remove(wanted: Sequence[Holding], among: Sequence[Holding]) -> None:
    """Delete runs' folders or stage outputs. Stage outputs of a removed run become ``unused``.

    Raises :class:`StorageError`, and deletes nothing, where a process works on one of them, or where stage outputs are wanted while
    any process works in the workspace: what looks unused may be what it needs next.
    """
    working = [holding for holding in among if holding.in_use]
    stages = any(holding.kind != "run" for holding in wanted)
    if working and (stages or any(holding in working for holding in wanted)):
        raise StorageError(
            "a run is working here, so nothing was removed",
            where=str(working[0].path),
            remedy="wait until it has ended, or stop it",
        )
    for holding in wanted:
        shutil.rmtree(holding.path)


def _held(lock: Path) -> bool:
    return lock.exists() and is_locked(lock)


def _outputs(workspace: Path) -> Iterator[Path]:
    return (path for path in sorted((workspace / "stages").glob("*/*")) if path.is_dir())


def _size(folder: Path, seen: set[tuple[int, int]]) -> int:
    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            status = (Path(root) / name).lstat()
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                total += status.st_size
    return total
