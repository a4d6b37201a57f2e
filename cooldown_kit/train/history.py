"""``history.jsonl``: one line a step with loss, learning rate, gradient norm and speed; no gap and no step twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cooldown_kit.workspace import write_whole


def append(path: Path, line: dict[str, Any]) -> None:
    """Add one step's line; it is in the file when this returns."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The steps in their order. A last line that a kill cut in two is left out."""
    if not path.exists():
        return
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def cut(path: Path, step: int) -> None:
    """Keep only what led to the checkpoint after ``step`` steps: what came later is computed again."""
    kept = [line for line in read(path) if line["step"] <= step]
    write_whole(path, "".join(json.dumps(line) + "\n" for line in kept))
