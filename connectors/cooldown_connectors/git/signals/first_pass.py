"""What the first pass over a history says of each commit by itself, kept in arrays, and which commits take others back."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from xxhash import xxh3_64_intdigest

from cooldown_connectors.git.graph import Graph
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.requests import merged_request, review_trailers
from cooldown_connectors.git.signals.bots import is_bot
from cooldown_connectors.git.signals.earlier import Earlier
from cooldown_connectors.git.signals.messages import Reverted, is_fix, reverted, subject_of
from cooldown_connectors.git.signals.reverts import change_hash
from cooldown_connectors.git.signals.standing import Standing
from cooldown_connectors.git.signals.tests_paths import is_program, is_test

_DAY: Final = 86_400
_PREFIX: Final = 16
"""Hexadecimal digits of an id that are kept to find abbreviated ones."""


class FirstPass:
    """Arrays by commit number. Memory: 64 bytes a commit, an entry for each commit that says it reverts, and :class:`Standing`."""

    def __init__(self, count: int) -> None:
        self.requests = np.zeros(count, np.int32)
        """Number of the request that the commit merged; 0 where none."""
        self.reviewed = np.zeros(count, np.bool_)
        """A trailer speaks of a review by somebody else."""
        self.fixes = np.zeros(count, np.bool_)
        """It calls itself a fix and changes a file that is neither test nor prose. No merge, no revert."""
        self.tests = np.zeros(count, np.bool_)
        self.bots = np.zeros(count, np.bool_)
        self.author_before = np.zeros(count, np.int32)
        self.author_here_before = np.zeros(count, np.int32)
        self.anybody_here_before = np.zeros(count, np.int32)
        self._given = np.zeros(count, np.bool_)
        self._merges = np.zeros(count, np.bool_)
        self._prefixes = np.zeros(count, np.uint64)
        self._subjects = np.zeros(count, np.uint64)
        self._titles = np.zeros(count, np.uint64)
        self._does = np.zeros(count, np.uint64)
        self._undoes = np.zeros(count, np.uint64)
        self._says: dict[int, Reverted] = {}
        self._standing = Standing()

    def add(self, number: int, entry: CommitEntry) -> None:
        """One commit, in canonical order."""
        self._given[number] = True
        self._merges[number] = len(entry.parents) > 1
        self._prefixes[number] = int(entry.revision[:_PREFIX], 16)
        self._read_message(number, entry)
        self._read_rows(number, entry)
        self.bots[number] = is_bot(*entry.author)
        before = self._standing.add(entry.author[1], entry.rows, merge=len(entry.parents) > 1)
        self.author_before[number], self.author_here_before[number], self.anybody_here_before[number] = before

    def _read_message(self, number: int, entry: CommitEntry) -> None:
        text = entry.message.decode("utf-8", "replace")
        subject, request = subject_of(text), merged_request(text)
        title = None if request is None else request.title
        self.requests[number] = 0 if request is None else request.number
        self._titles[number] = _hash(title) if title else 0
        author = entry.author[1].decode("utf-8", "replace").lower() or "\0"
        self.reviewed[number] = any(author not in reviewer.lower() for reviewer in review_trailers(text))
        self._subjects[number] = _hash(subject)
        says = reverted(text)
        if says:
            self._says[number] = says
        self.fixes[number] = not says and not self._merges[number] and is_fix(title or subject)

    def _read_rows(self, number: int, entry: CommitEntry) -> None:
        paths = [path_text(row.path) for row in entry.rows]
        self.tests[number] = any(map(is_test, paths))
        self.fixes[number] &= any(map(is_program, paths))
        if len(entry.rows) == entry.row_count:  # else only some rows were kept
            self._does[number], self._undoes[number] = change_hash(entry.rows)

    def reverts(self, graph: Graph, silent_days: float) -> dict[int, list[int]]:
        """For each commit that takes others back, which: by what it says, else by the blobs that it puts back within
        ``silent_days``. (A file that is deleted years later as it was added is no change that was taken back.)

        Of several commits with the same subject, title, number or change the newest earlier one is meant. Those named by id come
        first, in the order of the message.
        """
        finder = _Finder(graph, self)
        found = {
            number: targets for number, says in self._says.items() if (targets := finder.said(number, says))
        }
        for number in finder.silent():
            target = None if number in found else finder.undone(number)
            if target is not None and graph.committed[number] - graph.committed[target] <= silent_days * _DAY:
                found[number] = [target]
        return found

    def earlier(self, values: npt.NDArray[np.uint64], mask: npt.NDArray[np.bool_] | None = None) -> Earlier:
        """Finds given commits by one of their values; 0 is no value."""
        numbers = np.flatnonzero(self._given & (values != 0) & (True if mask is None else mask)).astype(
            np.int32
        )
        return Earlier(values[numbers], numbers)


class _Finder:
    """Looks up what reverts speak of."""

    def __init__(self, graph: Graph, first: FirstPass) -> None:
        self._graph, self._first = graph, first
        self._subjects = first.earlier(first._subjects)
        self._titles = first.earlier(first._titles)
        self._requests = first.earlier(first.requests.astype(np.uint64))
        self._singles = first.earlier(first._does, ~first._merges)
        self._merges = first.earlier(first._does, first._merges)
        given = np.flatnonzero(first._given)
        order = np.argsort(first._prefixes[given], kind="stable")
        self._prefixes, self._prefixed = first._prefixes[given][order], given[order]

    def said(self, number: int, says: Reverted) -> list[int]:
        named = [self._by_id(revision) for revision in says.revisions]
        targets = [target for target in named if target is not None and target < number]
        if not targets:
            asked = [self._requests.newest_before(number, request) for request in says.requests]
            targets = [target for target in asked if target is not None]
        if not targets and says.subject is not None:
            hash_ = _hash(says.subject)
            target = self._subjects.newest_before(number, hash_)
            target = self._titles.newest_before(number, hash_) if target is None else target
            targets = [] if target is None else [target]
        return list(dict.fromkeys(targets))

    def _by_id(self, revision: str) -> int | None:
        """The commit with an id that starts so, if there is exactly one."""
        digits = revision[:_PREFIX]
        low = int(digits.ljust(_PREFIX, "0"), 16)
        high = int(digits.ljust(_PREFIX, "f"), 16)
        start = int(np.searchsorted(self._prefixes, np.uint64(low), "left"))
        end = int(np.searchsorted(self._prefixes, np.uint64(high), "right"))
        found = [
            int(n) for n in self._prefixed[start:end] if self._graph.revision(int(n)).startswith(revision)
        ]
        return found[0] if len(found) == 1 else None

    def silent(self) -> list[int]:
        """Commits that undo exactly what some commit does."""
        first = self._first
        undoes = first._given & (first._undoes != 0) & ~first._merges
        numbers = np.flatnonzero(undoes)
        has = self._singles.has(first._undoes[numbers]) | self._merges.has(first._undoes[numbers])
        return [int(number) for number in numbers[has]]

    def undone(self, number: int) -> int | None:
        hash_ = int(self._first._undoes[number])
        target = self._singles.newest_before(number, hash_)
        return self._merges.newest_before(number, hash_) if target is None else target


def _hash(text: str) -> int:
    return xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
