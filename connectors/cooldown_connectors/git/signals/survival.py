"""How long the lines that each commit added stayed, and which fix took one of them out.

Every line is an event of its (file, line) pair: added by one commit, deleted by another. In the order of history a deletion takes the
newest addition that still stands, as brackets are matched. So no blame is run, no content is kept, and the work is linear in the
lines changed. Two branches may add the same line (a cherry-pick) or a merge drop one, and no commit deletes what is then too much: the
lines of the files as they are at the end say how many really stand.
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
_STANDS: Final = 0xFFFF_FFFF
"""Code of a line that is there at the end: it sorts after all commits."""
_NO_MORE: Final = _STANDS >> 2
_STANDING, _SOME_TIME = -1, -2
"""In place of the commit that deleted a line: none did; or it is gone and no commit says when."""
_BATCH: Final = 1 << 16
"""Lines that are put together before they become arrays."""


@dataclass(frozen=True)
class SurvivalResult:
    """One value a commit, by its number; 17 bytes a commit."""

    known: Mask
    """Whether its lines were given at all: those of merges, and of commits whose diff could not be read, are not."""
    lines_added: Indexes
    lines_surviving: Indexes
    """How many of them are still there."""
    survival_days: npt.NDArray[np.float32]
    """Median days until an added line went, one that stands counting up to the newest commit; NaN where none was added."""
    fixed_by: Indexes
    """The first later fix that deleted one of its lines, in a file that is neither test nor prose, within the window; -1
    where there is none."""


class Survival:
    """Takes the lines of every commit in canonical order, and then tells what became of them. A context manager.

    Memory: some 50 MB, 24 bytes a commit in :meth:`finish`, and an entry for each path that was ever renamed. On disk 24 bytes
    for each line changed.
    """

    def __init__(self, folder: Path) -> None:
        """``folder`` takes the temporary files; they have no names."""
        with contextlib.ExitStack() as stack:
            self._events = stack.enter_context(EventFile(folder))
            self._fates = stack.enter_context(EventFile(folder))
            self._stack = stack.pop_all()
        self._files = _FileNames()
        self._last = -1
        self._ends_given = False
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
                    self._put(lines, name, code)

    def stands(self, path: str, lines: bytes) -> None:
        """The lines of a file (:func:`text_lines`) as it is at the revision that is read; after all commits, once for each file.

        If it is called at all, it must be for every text file there: what is not given does not stand. If it never is, every line
        stands that no commit deleted.
        """
        self._last = _NO_MORE
        self._ends_given = True
        if lines:
            self._put(lines, self._files.at_end(path), _STANDS)

    def finish(self, committed: npt.NDArray[np.int64], fixes: Mask, fix_days: float = 30) -> SurvivalResult:
        """What became of all lines; once, at the end.

        ``committed``: committer time of each commit in seconds; ``fixes``: which commits are fixes; both by number.
        """
        self._flush()
        count = len(committed)
        added, surviving = np.zeros(count, np.int32), np.zeros(count, np.int32)
        fixed = np.full(count, count, np.int64)
        for keys, codes in self._events.groups():
            by, until, program = _fates(keys, codes, self._ends_given)
            np.add.at(added, by, 1)
            np.add.at(surviving, by[until == _STANDING], 1)
            ended = (until >= 0) & program
            adder, deleter = by[ended], until[ended]
            mended = fixes[deleter] & (committed[deleter] - committed[adder] <= fix_days * _DAY)
            np.minimum.at(fixed, adder[mended], deleter[mended])
            # Spread over 64 bits, commits fall into groups of their own just as lines do.
            known_end = until != _SOME_TIME
            self._fates.put(_spread(by[known_end]), (until[known_end] + 1).astype(np.uint32))
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

    def _put(self, lines: bytes, name: int, code: int) -> None:
        self._lines.append(lines)
        self._names.append(name)
        self._codes.append(code)
        self._counts.append(len(lines) // 8)
        self._waiting += len(lines) // 8
        if self._waiting >= _BATCH:
            self._flush()

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

    def at_end(self, path: str) -> int:
        return self._names.get(path) or _hash(path)

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
    """Number of the commit that deleted it, ``_STANDING`` or ``_SOME_TIME``."""
    program: Mask
    """Whether it stood in a file that is a part of the program."""


def _fates(keys: Keys, codes: Codes, ends_given: bool) -> _Fates:
    """Of all lines added; ``keys`` are sorted, ``codes`` grow within a key. Lines that one commit both added and deleted are left
    out: they moved."""
    changes = codes != _STANDS
    standing = keys[~changes]
    keys, codes = keys[changes], codes[changes]
    numbers, deletes = (codes >> 2).astype(np.int64), (codes & _DELETED).astype(np.bool_)
    until = _paired(keys, numbers, deletes)
    if ends_given:
        _take_away(keys, numbers, deletes, until, standing)
    taken = ~deletes & (until != numbers)
    return _Fates(numbers[taken], until[taken], (codes[taken] & 1).astype(np.bool_))


def _paired(keys: Keys, numbers: npt.NDArray[np.int64], deletes: Mask) -> npt.NDArray[np.int64]:
    """Pairs each deletion with the newest addition that still stands: for each event the number of the other's commit, ``_STANDING``
    where there is none.

    Taken as steps up and down, an addition onto level n is undone by the next step down from level n, for a walk
    crosses each level up and down by turns.
    """
    level = np.cumsum(np.where(deletes, -1, 1)) + deletes
    order = np.lexsort((level, keys))
    here, after = order[:-1], order[1:]
    meets = (keys[here] == keys[after]) & (level[here] == level[after]) & ~deletes[here]
    until = np.full(len(keys), _STANDING, np.int64)
    until[here[meets]] = numbers[after[meets]]
    until[after[meets]] = numbers[here[meets]]
    return until


def _take_away(
    keys: Keys,
    numbers: npt.NDArray[np.int64],
    deletes: Mask,
    until: npt.NDArray[np.int64],
    standing: Keys,
) -> None:
    """Of the additions that nothing undid, let only as many newest ones stand as there are lines at the end; changes ``until``.

    The others went when the line was last deleted, as the one that was added beside them did; or else at some time.
    """
    left = np.flatnonzero(~deletes & (until == _STANDING))[::-1]
    left = left[np.argsort(keys[left], kind="stable")]  # by key, the newest first
    of = keys[left]
    rank = np.arange(len(left)) - np.searchsorted(of, of)
    there = np.searchsorted(standing, of, "right") - np.searchsorted(standing, of)
    gone = left[rank >= there]
    deleted = np.flatnonzero(deletes & (until != numbers))
    last = np.searchsorted(keys[deleted], keys[gone], "right") - 1
    until[gone] = _SOME_TIME
    at = deleted[last[last >= 0]]
    gone = gone[last >= 0]
    later = (keys[at] == keys[gone]) & (numbers[at] > numbers[gone])
    until[gone[later]] = numbers[at[later]]


_ODD: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
_INVERSE: Final = np.uint64(pow(int(_ODD), -1, 1 << 64))


def _spread(numbers: npt.NDArray[np.int64]) -> Keys:
    """Numbers as keys over all 64 bits; :func:`_gathered` undoes it."""
    return numbers.astype(np.uint64) * _ODD


def _gathered(keys: Keys) -> npt.NDArray[np.int64]:
    return (keys * _INVERSE).astype(np.int64)
