"""What the second pass found, kept on disk for as long as it holds: a commit is diffed once, whoever harvests how often.

There is one folder for each :class:`~cooldown_connectors.git.shard.Job` (what is wanted of commits, and git's version): shards in it are
finished or count for nothing, and commits whose history was rewritten simply are not asked for again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from cooldown_connectors.git.frames import INDEX, Frames
from cooldown_connectors.git.hardened import version
from cooldown_connectors.git.history_store import History
from cooldown_connectors.git.pool import Pool
from cooldown_connectors.git.shard import DIFFS, LINES, PART, Diffed, Job, Lined, Shard
from cooldown_connectors.git.signals.lines import FileLines
from cooldown_kit.workspace import digest_of

VERSION: Final = 2
"""Raised whenever the same commit and job would give another result."""
_LARGEST = 4000
"""Commits of one shard: git keeps every commit it has seen, so its memory is bounded by this."""
_TURNS = 4
"""Shards that each worker should get: with fewer the last one would be waited for, with more git starts too often."""
_SHARD_ENTRIES = 8 << 20
"""Bytes of metadata that a shard may hold in memory."""
Numbers = npt.NDArray[np.int32]


class DiffStore:
    """The results for one repository and one job."""

    def __init__(self, folder: Path, job: Job) -> None:
        wanted = {
            name: value
            for name, value in msgspec.structs.asdict(job).items()
            if name not in ("home", "directory", "entries")
        }
        self._job = job
        self.folder = folder / f"diffs-{digest_of([VERSION, version(), wanted])[:16]}"
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._diffs, self._lines = self._open()

    def _open(self) -> tuple[Frames, Frames]:
        return Frames(self.folder, DIFFS), Frames(self.folder, LINES)

    def fill(
        self,
        pool: Pool,
        history: History,
        numbers: Numbers,
        *,
        max_size: float,
        deadline: float,
        step: Callable[[int], None],
        meanwhile: Callable[[], None] = lambda: None,
    ) -> int:
        """Diff those of the commits that were not diffed yet, the newest first; returns how many. Call it under a lock.

        ``meanwhile`` is called once, as soon as all workers have something to do, or nothing is left to give them.

        Stops early where newer commits already hold ``max_size`` characters, or at ``deadline`` (of ``time.monotonic``);
        what is done by then is kept. ``step`` hears of every finished shard. Raises ``GitFailed``, ``OSError``.
        """
        self._clear_away()
        done = 0
        running: set[Future[int]] = set()
        idle = True
        for shard in self._shards(history, numbers, pool.workers):
            if idle and len(running) > pool.workers:
                meanwhile()
                idle = False
            while len(running) > pool.workers:  # one waits, so that no worker does
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    done += future.result()
                    step(future.result())
            late = time.monotonic() > deadline and (
                running or done
            )  # one shard at least: else nothing ever ends
            if late or self._size_after(history, numbers, shard[-1]) >= max_size:
                break
            places = [(int(history.offsets[n]), int(history.lengths[n])) for n in shard]
            out = str(self.folder / secrets.token_hex(8))
            running.add(pool.submit(self._job, Shard(places, out)))
        if idle:
            meanwhile()
        for future in running:
            done += future.result()
            step(future.result())
        if done:
            self._diffs, self._lines = self._open()
        return done

    def _size_after(self, history: History, numbers: Numbers, number: int) -> float:
        """Characters of the commits that are newer and diffed, as far as is known without reading anything."""
        rows = self._diffs.look_up(history.graph.ids(numbers[numbers > number]))
        return float(self._diffs.sizes(rows[rows >= 0]).sum())

    def _shards(self, history: History, numbers: Numbers, workers: int) -> list[Numbers]:
        """The missing commits from the newest on, in runs of bounded length; each in ascending order."""
        missing = numbers[self._diffs.look_up(history.graph.ids(numbers)) < 0]
        longest = min(_LARGEST, max(PART, -(-len(missing) // (workers * _TURNS))))
        shards, end = [], len(missing)
        while end:
            start, held = end, 0
            while start and end - start < longest and (start == end or held < _SHARD_ENTRIES):
                start -= 1
                held += int(history.lengths[missing[start]])
            shards.append(missing[start:end])
            end = start
        return shards

    def rows(self, history: History, numbers: Numbers) -> npt.NDArray[np.int64]:
        """Where the results of these commits stand, -1 where there is none."""
        return self._diffs.look_up(history.graph.ids(numbers))

    def sizes(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Characters of the results in these rows."""
        return self._diffs.sizes(rows)

    def patch_ids(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bytes_]:
        """Patch ids of the results in these rows, empty where there is none."""
        return self._diffs.marks(rows)

    def diffed(self, row: int) -> Diffed:
        """The result in a row."""
        return msgspec.msgpack.decode(self._diffs.read(row), type=Diffed)

    def lined(self, history: History, numbers: Numbers) -> Iterator[tuple[int, list[FileLines]]]:
        """The lines of those of the commits that have any, with their numbers, streamed."""
        rows = self._lines.look_up(history.graph.ids(numbers))
        for number, row in zip(numbers.tolist(), rows.tolist(), strict=True):
            if row >= 0:
                yield number, msgspec.msgpack.decode(self._lines.read(row), type=Lined).files

    def _clear_away(self) -> None:
        """Remove what a kill left unfinished."""
        for path in self.folder.iterdir():
            stem = path.name.partition(".")[0]
            if not (self.folder / f"{stem}{DIFFS}{INDEX}").exists():
                path.unlink(missing_ok=True)
