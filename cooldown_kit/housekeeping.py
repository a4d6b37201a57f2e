"""What a workspace holds, and how to give the space back."""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cooldown_kit import claims, store
from cooldown_kit.errors import StorageError
from cooldown_kit.recipe import Recipe
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.store import Kept
from cooldown_kit.workspace import STORE_LOCK, is_locked


@dataclass(frozen=True)
class Holding:
    """A run, a stage output that no run uses any more, or what a connector keeps between runs."""

    name: str
    path: Path
    bytes: int
    kind: str
    """``run``, ``unused`` or ``unfinished``; of what connectors keep ``kept``, ``unclaimed`` or ``unknown``."""
    in_use: bool = False
    """True while a process works on it."""
    kept: Kept | None = None
    """What it is of and what it takes to have it again, where a connector says so."""
    readers: tuple[str, ...] = ()
    """Which runs, harvests and recipes read what a connector keeps."""


def holdings(workspace: Path, recipes: Sequence[Recipe] = ()) -> list[Holding]:
    """Runs, stage outputs that no run refers to, unfinished ones, and what connectors keep.

    What no run, no harvest that is still there, none of ``recipes`` and no recipe beside the workspace reads is ``unclaimed``.
    Bytes that hard links share are counted once, with the first.
    """
    used, seen, found = _used(workspace), set[tuple[int, int]](), []
    for run in sorted((workspace / "runs").glob("*/run.json")):
        folder = RunFolder.open(run.parent)
        found.append(Holding(run.parent.name, run.parent, _size(run.parent, seen), "run", _held(folder.lock)))
    for path in _outputs(workspace):
        if path.suffix == ".partial":
            held = _held(path.with_suffix(".lock"))
            name = f"{path.parent.name}/{path.name}"
            found.append(Holding(name, path, _size(path, seen), "unfinished", held))
        elif path not in used and path.parent.name != "model":
            found.append(Holding(f"{path.parent.name}/{path.name}", path, _size(path, seen), "unused"))
    return [*found, *_stored(workspace, claims.find(workspace, used, recipes), seen)]


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
        claims.list_of(holding.path).unlink(missing_ok=True)


def remove_unclaimed(
    workspace: Path, wanted: Sequence[Holding], recipes: Sequence[Recipe] = ()
) -> list[Holding]:
    """Delete what connectors keep and nothing reads; returns what was left, as a run uses it, or reads it meanwhile.

    While any run works with the store all is left: what it has updated it may not have read yet.
    """
    kept = {holding.path: holding for holding in wanted if holding.kept is not None}
    if not kept:
        return []
    with store.alone_in(workspace / "store") as alone:
        if not alone:
            return list(kept.values())
        claimed = claims.find(workspace, _used(workspace), recipes)
        free = [one.kept for one in kept.values() if one.kept is not None and not claimed.on(one.path)]
        left = {*kept} - {one.path for one in free}
        left |= {*store.discard(free)}
        return [holding for path, holding in kept.items() if path in left]


def _used(workspace: Path) -> dict[Path, list[str]]:
    """Output folder of a stage → the runs that use it."""
    used: dict[Path, list[str]] = defaultdict(list)
    for run in sorted((workspace / "runs").glob("*/run.json")):
        for stage in RunFolder.open(run.parent).state.stages.values():
            used[Path(stage["path"])].append(run.parent.name)
    return used


def _stored(workspace: Path, claimed: claims.Claims, seen: set[tuple[int, int]]) -> Iterator[Holding]:
    root = workspace / "store"
    kept, unknown = store.entries(root)
    busy = _held(root / STORE_LOCK)
    for one in kept:
        readers = tuple(claimed.on(one.path))
        size = sum(_size(path, seen) for path in one.files)
        name = one.path.relative_to(workspace).as_posix()
        kind = "kept" if readers else "unclaimed"
        yield Holding(name, one.path, size, kind, busy or _held(one.lock), one, readers)
    for path in unknown:
        yield Holding(path.relative_to(workspace).as_posix(), path, _size(path, seen), "unknown")


def _held(lock: Path) -> bool:
    return lock.exists() and is_locked(lock)


def _outputs(workspace: Path) -> Iterator[Path]:
    return (path for path in sorted((workspace / "stages").glob("*/*")) if path.is_dir())


def _size(path: Path, seen: set[tuple[int, int]]) -> int:
    """Bytes of a file, or of all files below a folder."""
    total = 0
    for root, _, names in os.walk(path) if path.is_dir() else [(path.parent, (), (path.name,))]:
        for name in names:
            status = (Path(root) / name).lstat()
            if (status.st_dev, status.st_ino) not in seen:
                seen.add((status.st_dev, status.st_ino))
                total += status.st_size
    return total
