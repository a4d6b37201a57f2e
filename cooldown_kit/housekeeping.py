"""What a workspace holds, and how to give the space back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cooldown_kit.run_folder import RunFolder


@dataclass(frozen=True)
class Holding:
    """A run, or a stage output that no run uses any more."""

    name: str
    path: Path
    bytes: int
    kind: str
    """``run``, ``unused`` or ``unfinished``."""


def holdings(workspace: Path) -> list[Holding]:
    """Runs, stage outputs that no run refers to, and unfinished ones. Bytes that hard links share are counted once, with the first."""
    used, seen, found = set(), set[tuple[int, int]](), []
    for run in sorted((workspace / "runs").glob("*/run.json")):
        folder = RunFolder.open(run.parent)
        used |= {Path(stage["path"]) for stage in folder.state.stages.values()}
        found.append(Holding(run.parent.name, run.parent, _size(run.parent, seen), "run"))
    for path in _outputs(workspace):
        if path.suffix == ".partial":
            found.append(Holding(f"{path.parent.name}/{path.name}", path, _size(path, seen), "unfinished"))
        elif path not in used and path.parent.name != "model":
            found.append(Holding(f"{path.parent.name}/{path.name}", path, _size(path, seen), "unused"))
    return found


def remove(holding: Holding) -> None:
    """Delete a run's folder or a stage output. Stage outputs of a removed run become ``unused``."""
    shutil.rmtree(holding.path)


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
