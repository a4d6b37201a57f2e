"""Who is whose parent: the commits of a history in an order that only the history itself decides.

The order is oldest first by committer time, but no commit before its parents, and by id where nothing else decides. It is a
function of the graph alone: whether a history was read at once or in parts, from a clone or from a mirror, it comes out the same.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Indexes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


class Node(NamedTuple):
    """A commit as the graph needs it. Ids are hexadecimal ASCII; ``committed`` is seconds since the epoch."""

    revision: bytes
    parents: Sequence[bytes]
    committed: int


class Graph:
    """Commits numbered from 0 in canonical order, so that a parent's number is always smaller than its child's.

    Memory: 40 bytes a commit for its id (64 with SHA-256), 24 for numbers and time, 4 a parent.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        """``order`` then says for each number which of ``nodes`` it was, in the order they were given.

        Parents that are not among the nodes (below the edge of a shallow clone) are left out of :meth:`parents`.
        Raises ``ValueError`` where a revision is given twice.
        """
        ids, times, parent_ids, counts = _columns(nodes)
        sorter = np.argsort(ids, kind="stable").astype(np.int32)
        parents = _look_up(ids, sorter, parent_ids)
        starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        order = _order(ids, times, parents, starts)
        rank = np.empty(len(order), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        self.order: Indexes = order
        """Number → place among the nodes given."""
        self.committed: npt.NDArray[np.int64] = times[order]
        """Number → committer time in seconds since the epoch."""
        self._ids = ids[order]
        self._sorter = rank[sorter]
        sizes = counts[order]
        self._starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        gather = np.repeat(starts[:-1][order] - self._starts[:-1], sizes) + np.arange(sizes.sum())
        kept = parents[gather]
        self._parents = np.where(kept >= 0, rank[kept], np.int32(-1))

    def __len__(self) -> int:
        return len(self._ids)

    def revision(self, number: int) -> str:
        """The commit's id, hexadecimal."""
        return bytes(self._ids[number]).decode("ascii")

    def ids(self, numbers: npt.NDArray[np.int32]) -> npt.NDArray[np.bytes_]:
        """The ids of several commits, hexadecimal ASCII."""
        return self._ids[numbers]

    def find(self, revision: str) -> int | None:
        """The number of a commit; ``None`` where it is not in this history."""
        found = int(_look_up(self._ids, self._sorter, np.array([revision.encode()], self._ids.dtype))[0])
        return None if found < 0 else found

    def parents(self, number: int) -> list[int]:
        """Numbers of the parents that are here, the first one first."""
        start, end = self._starts[number : number + 2]
        return [int(parent) for parent in self._parents[start:end] if parent >= 0]

    def first_parents(self, number: int) -> Iterator[int]:
        """The commit, its first parent, that one's first parent and so on: the line that a branch's owner sees."""
        at: int | None = number
        while at is not None:
            yield at
            start, end = self._starts[at : at + 2]
            at = int(self._parents[start]) if end > start and self._parents[start] >= 0 else None

    def reachable(self, numbers: Iterable[int]) -> Mask:
        """Which commits these reach, themselves included. Boolean, shape ``(len(self),)``."""
        seen = np.zeros(len(self), np.bool_)
        starts, parents = self._starts, self._parents
        stack = list(numbers)
        for number in stack:
            seen[number] = True
        while stack:
            number = stack.pop()
            for parent in parents[starts[number] : starts[number + 1]].tolist():
                if parent >= 0 and not seen[parent]:
                    seen[parent] = True
                    stack.append(parent)
        return seen


def _columns(
    nodes: Iterable[Node],
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int64], npt.NDArray[np.bytes_], npt.NDArray[np.int64]]:
    """Ids, times, all parents one after the other, and how many each has."""
    ids, parent_ids = bytearray(), bytearray()
    times: list[int] = []
    counts: list[int] = []
    width = 40
    for node in nodes:
        width = len(node.revision)
        ids += node.revision
        times.append(node.committed)
        counts.append(len(node.parents))
        for parent in node.parents:
            parent_ids += parent
    form = f"S{width}"
    return (
        np.frombuffer(bytes(ids), form),
        np.array(times, np.int64),
        np.frombuffer(bytes(parent_ids), form),
        np.array(counts, np.int64),
    )


def _look_up(ids: npt.NDArray[np.bytes_], sorter: Indexes, wanted: npt.NDArray[np.bytes_]) -> Indexes:
    """Places of ``wanted`` in ``ids``, -1 where it is not; ``sorter`` sorts ``ids``."""
    if not len(ids):
        return np.full(len(wanted), -1, np.int32)
    at = np.minimum(np.searchsorted(ids, wanted, sorter=sorter), len(ids) - 1)
    places = sorter[at]
    return np.where(ids[places] == wanted, places, np.int32(-1)).astype(np.int32)


def _order(
    ids: npt.NDArray[np.bytes_], times: npt.NDArray[np.int64], parents: Indexes, starts: npt.NDArray[np.int64]
) -> Indexes:
    """Kahn's algorithm, the oldest of those whose parents are all done first. All in arrays: some 40 bytes a commit."""
    count = len(ids)
    by_id = np.argsort(ids, kind="stable")
    if count and (ids[by_id][1:] == ids[by_id][:-1]).any():
        raise ValueError("a commit was given twice")
    by_age = by_id[np.argsort(times[by_id], kind="stable")].astype(np.int32)
    age = np.empty(count, np.int32)
    age[by_age] = np.arange(count, dtype=np.int32)  # from here on a commit is known by its place in `by_age`
    edges = np.stack([parents, np.repeat(np.arange(count, dtype=np.int32), np.diff(starts))])
    edges = age[edges[:, edges[0] >= 0]]
    edges = edges[:, np.argsort(edges[0], kind="stable")]
    child_starts = _plain(np.searchsorted(edges[0], np.arange(count + 1)))
    children = _plain(edges[1])
    waiting = _plain(np.bincount(edges[1], minlength=count))
    ready = [number for number, left in enumerate(waiting) if not left]
    heapq.heapify(ready)
    order = array("q", bytes(8 * count))
    for place in range(count):
        number = heapq.heappop(ready)  # a history has no circle: ids are hashes of what they hold
        order[place] = number
        for at in range(child_starts[number], child_starts[number + 1]):
            child = children[at]
            waiting[child] -= 1
            if not waiting[child]:
                heapq.heappush(ready, child)
    return by_age[np.frombuffer(order, np.int64)] if count else by_age


def _plain(values: npt.NDArray[np.generic]) -> array[int]:
    """The same numbers where Python reads single ones quickly."""
    return array("q", values.astype(np.int64).tobytes())
