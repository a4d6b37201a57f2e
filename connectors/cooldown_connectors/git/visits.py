"""What the last harvest of a repository saw: to notice rewritten history, and to go on where a budget of time ended."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

import msgspec
import numpy as np

from cooldown_connectors.git.graph import Graph
from cooldown_kit.workspace import digest_of, write_whole

_CONTINUED: Final = "continued.json"


class Visit(msgspec.Struct, frozen=True):
    """The end of a harvest that gave all its records."""

    tip: str
    requests: list[int] = []
    """Numbers of the pull requests that had a reference."""

    def save(self, folder: Path, revision: str) -> None:
        """Remember it for this revision."""
        write_whole(_file(folder, revision), msgspec.json.encode(self))

    @classmethod
    def load(cls, folder: Path, revision: str) -> Self | None:
        """The last visit to this revision; ``None`` before the first."""
        try:
            return msgspec.json.decode(_file(folder, revision).read_bytes(), type=cls)
        except (FileNotFoundError, msgspec.DecodeError):
            return None


def _file(folder: Path, revision: str) -> Path:
    return folder / f"visit-{digest_of(revision)[:16]}.json"


def rewritten(graph: Graph, before: Visit | None, tip: str) -> int:
    """How many commits the last harvest reached that ``tip`` does not: zero where history only grew."""
    old = None if before is None else graph.find(before.tip)
    new = graph.find(tip)
    if old is None or new is None or old == new:
        return 0
    now = graph.reachable([new])
    return 0 if now[old] else int(np.count_nonzero(graph.reachable([old]) & ~now))


def continue_later(folder: Path) -> None:
    """Note that a harvest ended before its work did: the next one is another one, though the repository is the same."""
    write_whole(folder / _CONTINUED, str(continued(folder) + 1))


def continued(folder: Path) -> int:
    """How many harvests of this repository ended early."""
    try:
        return int((folder / _CONTINUED).read_text())
    except (FileNotFoundError, ValueError):
        return 0
