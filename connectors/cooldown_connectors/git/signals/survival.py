"""How long the lines that each commit added stayed, and which fix took one of them out.

Every line is an event of its (file, line) pair: added by one commit, deleted by another. In the order of history a deletion takes the
newest addition that still stands, as brackets are matched. So no blame is run, no content is kept, and the work is linear in the
lines changed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from cooldown_connectors.git.graph import Indexes, Mask
from cooldown_connectors.git.signals.event_file import Codes, EventFile, Keys
from cooldown_connectors.git.signals.lines import FileLines
from cooldown_connectors.git.signals.tests_paths import is_program

_DAY: Final = 86_400.0
_DELETED: Final = 2
"""Bit of an event's code; below it stands whether the file is a part of the program, above it the commit's number."""
_BATCH: Final = 1 << 16
"""Lines that are put together before they become arrays."""


@dataclass(frozen=True)
class SurvivalResult:
    """One value a commit, by its number; 17 bytes a commit."""

    known: Mask
    """Whether its lines were given at all: those of merges, and of commits whose diff could not be read, are not."""
    lines_added: Indexes
    lines_surviving: Indexes
    """How many of them no later commit deleted."""
    survival_days: npt.NDArray[np.float32]
    """Median days until an added line went, one that stands counting up to the newest commit; NaN where none was added."""
    fixed_by: Indexes
    """The first later fix that deleted one of its lines, in a file that is neither test nor prose, within the window; -1
    where there is none."""


class Survival:
    """Takes the lines of every commit in canonical order, and then tells what became of them. A context manager.

    Memory: some 50 MB, 16 bytes a commit in :meth:`finish`, and an entry for each path that was ever renamed. On disk 24 bytes for each line changed.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` takes the temporary files; they have no names."""
        with contextlib.ExitStack() as stack:
            self._events = stack.enter_context(EventFile(folder))
            self._fates = stack.enter_context(EventFile(folder))
            self._stack = stack.pop_all()
        self._files = _FileNames()
        self._last = -1
        self._numbers: list[int] = []
        self._reset()

    def add(self, number: int, files: Iterable[FileLines]) -> None:
        """The lines of one commit. Numbers must grow: a deletion only finds what was added before it."""
        assert number > self._last, "commits come in canonical order"
        self._last = number
        self._numbers.append(number)
        for file in files:
            name = self._files.of(file, number)
            # Within a commit additions come first, so that a line that only moved cancels itself out.
            of_file = number << 2 | is_program(file.path)
            for lines, code in ((file.added, of_file), (file.deleted, of_file | _DELETED)):
                if lines:
                    self._lines.append(lines)
                    self._names.append(name)
                    self._codes.append(code)
                    self._counts.append(len(lines) // 8)
                    self._waiting += len(lines) // 8
        if self._waiting >= _BATCH:
            self._flush()

    def finish(self, committed: npt.NDArray[np.int64], fixes: Mask, fix_days: float = 30) -> SurvivalResult:
        """What became of all lines; once, at the end.

        ``committed``: committer time of each commit in seconds; ``fixes``: which commits are fixes; both by number.
        """
        self._flush()
        count = len(committed)
        added, surviving = np.zeros(count, np.int32), np.zeros(count, np.int32)
        fixed = np.full(count, count, np.int64)
        for keys, codes in self._events.groups():
            by, until, program = _paired(keys, codes)
            np.add.at(added, by, 1)
            np.add.at(surviving, by[until < 0], 1)
            fix = (until >= 0) & program & fixes[until]
            fix &= committed[until] - committed[by] <= fix_days * _DAY
            np.minimum.at(fixed, by[fix], until[fix])
            # Spread over 64 bits, commits fall into groups of their own just as lines do.
            self._fates.put(_spread(by), (until + 1).astype(np.uint32))
        known = np.zeros(count, np.bool_)
        known[self._numbers] = True
        days = self._days(committed, int(committed[self._numbers].max()) if self._numbers else 0)
        return SurvivalResult(
            known, added, surviving, days, np.where(fixed < count, fixed, -1).astype(np.int32)
        )

    def _days(self, committed: npt.NDArray[np.int64], now: int) -> npt.NDArray[np.float32]:
        days = np.full(len(committed), np.nan, np.float32)
        times = np.append(committed, now)
        for keys, codes in self._fates.groups():
            by = _gathered(keys)
            until = codes.astype(np.int64) - 1  # -1, for what still stands, picks the last time: now
            lived = np.maximum(times[until] - times[by], 0) / _DAY
            order = np.lexsort((lived, by))
            by, lived = by[order], lived[order]
            starts = np.flatnonzero(np.append(True, by[1:] != by[:-1]))
            ends = np.append(starts[1:], len(by))
            middle = (lived[(starts + ends - 1) // 2] + lived[(starts + ends) // 2]) / 2
            days[by[starts]] = middle
        return days

    def _flush(self) -> None:
        if self._waiting:
            lines = np.frombuffer(b"".join(self._lines), "<u8").astype(np.uint64, copy=False)
            names = np.repeat(np.array(self._names, np.uint64), self._counts)
            self._events.put(lines + names, np.repeat(np.array(self._codes, np.uint32), self._counts))
        self._reset()

    def _reset(self) -> None:
        self._lines: list[bytes] = []
        self._names: list[int] = []
        self._codes: list[int] = []
        self._counts: list[int] = []
        self._waiting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()


class _FileNames:
    """A 64-bit name for each file, which a rename takes along.

    The old path keeps the name too, until a commit adds a new file there: on a branch that does not have the rename yet,
    the file goes on under its old path.
    """

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._left: set[str] = set()

    def of(self, file: FileLines, number: int) -> int:
        if file.old_path is not None:
            name = self._names.get(file.old_path) or _hash(file.old_path)
            self._names[file.path] = name
            self._left.add(file.old_path)
            self._left.discard(file.path)
            return name
        if file.new and file.path in self._left:
            self._left.discard(file.path)
            self._names[file.path] = _hash(f"{number}\0{file.path}")
        return self._names.get(file.path) or _hash(file.path)


def _hash(text: str) -> int:
    return xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))


class _Fates(NamedTuple):
    """What became of lines, one value for each line added."""

    by: npt.NDArray[np.int64]
    """Number of the commit that added it."""
    until: npt.NDArray[np.int64]
    """Number of the commit that deleted it; -1 where none did."""
    program: Mask
    """Whether it stood in a file that is a part of the program."""


def _paired(keys: Keys, codes: Codes) -> _Fates:
    """Pairs each deletion with the newest addition that still stands; ``keys`` are sorted, ``codes`` grow within a key.

    Taken as steps up and down, an addition onto level n is undone by the next step down from level n, for a walk
    crosses each level up and down by turns. Lines that one commit both added and deleted are left out: they moved.
    """
    numbers, deletes = (codes >> 2).astype(np.int64), (codes & _DELETED).astype(np.bool_)
    level = np.cumsum(np.where(deletes, -1, 1)) + deletes
    order = np.lexsort((level, keys))
    keys, level, numbers, deletes = keys[order], level[order], numbers[order], deletes[order]
    until = np.full(len(keys), -1, np.int64)
    meets = (keys[:-1] == keys[1:]) & (level[:-1] == level[1:]) & ~deletes[:-1]
    until[:-1][meets] = numbers[1:][meets]
    taken = ~deletes & (until != numbers)
    return _Fates(numbers[taken], until[taken], (codes[order][taken] & 1).astype(np.bool_))


_ODD: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_INVERSE: Final = np.uint64(pow(int(_ODD), -1, 1 << 64))


def _spread(numbers: npt.NDArray[np.int64]) -> Keys:
    """Numbers as keys over all 64 bits; :func:`_gathered` undoes it."""
    return numbers.astype(np.uint64) * _ODD


def _gathered(keys: Keys) -> npt.NDArray[np.int64]:
    return (keys * _INVERSE).astype(np.int64)
