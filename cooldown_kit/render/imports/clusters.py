"""Files that import each other, gathered into documents of bounded length.

A repository is longer than a document. To cut one long reading order into pieces parts most files from what they import: the
imports of a file stand far apart in any one order. So documents are grown: from a file that nobody imports (yet) by the
file that belongs to it most, until no more fits. An import binds the more, the fewer files have it: a module with one user belongs
to that user, one that everybody uses belongs to nobody.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

from cooldown_kit.render.imports.order import Imports, import_order


def gather(imports: Imports, lengths: Sequence[int], room: int) -> list[list[int]]:
    """Deal files out to documents of at most ``room``, each in reading order; a longer file is a document of its own.

    ``imports`` as in :func:`~cooldown_kit.render.imports.order.import_order`, with ``len(lengths)`` files. A connected part that
    fits is never cut; small parts share a document. Every file is in exactly one.
    """
    graph = _Graph(imports, len(lengths))
    parts = import_order(imports, len(lengths))
    position = {file: place for place, file in enumerate(file for part in parts for file in part)}
    free = [True] * len(lengths)
    clusters = [
        _grow(seed, graph, lengths, room, position, free) for seed in reversed(position) if free[seed]
    ]
    return [graph.order(document) for document in _joined(clusters, lengths, room, position)]


def _grow(
    seed: int,
    graph: _Graph,
    lengths: Sequence[int],
    room: int,
    position: dict[int, int],
    free: list[bool],
) -> list[int]:
    """One cluster: the seed and, again and again, the free file that is bound to it most and fits; ties by reading order."""
    cluster: list[int] = []
    bonds: dict[int, float] = {}
    queue: list[tuple[float, int, int]] = []
    best: int | None = seed
    while best is not None:
        free[best] = False
        cluster.append(best)
        room -= lengths[best]
        for file, weight in graph.neighbours(best):
            if free[file]:
                bonds[file] = bonds.get(file, 0.0) + weight
                heapq.heappush(queue, (-bonds[file], position[file], file))
        best = None
        while queue and best is None:
            bond, _, file = heapq.heappop(queue)
            if free[file] and -bond == bonds[file] and lengths[file] <= room:  # not an older entry
                best = file
    return cluster


def _joined(
    clusters: list[list[int]], lengths: Sequence[int], room: int, position: dict[int, int]
) -> Iterator[list[int]]:
    """Neighbours in the reading order share a document where they fit: unrelated files stay in the order of paths."""
    document: list[int] = []
    left = room
    for cluster in sorted(clusters, key=lambda cluster: min(position[file] for file in cluster)):
        length = sum(lengths[file] for file in cluster)
        if document and length > left:
            yield document
            document, left = [], room
        document += cluster
        left -= length
    if document:
        yield document


class _Graph:
    """Imports both ways. Numbers from ``files`` on are groups of files."""

    def __init__(self, imports: Imports, files: int) -> None:
        self._files = files
        self._targets = [sorted(targets) for targets in imports]
        self._importers: list[list[int]] = [[] for _ in imports]
        for number, targets in enumerate(self._targets):
            for target in targets:
                self._importers[target].append(number)

    def neighbours(self, file: int) -> Iterator[tuple[int, float]]:
        """What a file imports and what imports it, each with the weight of the bond."""
        for target in self._targets[file]:
            if target < self._files:
                yield target, 1 / len(self._importers[target])
            else:
                weight = self._weight(target)
                yield from ((member, weight) for member in self._targets[target])
        for importer in self._importers[file]:
            if importer < self._files:
                yield importer, 1 / len(self._importers[file])
            else:
                weight = self._weight(importer)
                yield from ((user, weight) for user in self._importers[importer])

    def _weight(self, group: int) -> float:
        """An import of a group is an import of each of its files, and counts as one altogether."""
        return 1 / (len(self._importers[group]) * len(self._targets[group]))

    def order(self, files: list[int]) -> list[int]:
        """Some files in the order that their imports of each other ask for."""
        files = sorted(files)
        place = {file: index for index, file in enumerate(files)}
        inside: list[list[int]] = []
        for file in files:
            groups = [target for target in self._targets[file] if target >= self._files]
            members = [member for group in groups for member in self._targets[group]]
            inside.append([place[target] for target in (*self._targets[file], *members) if target in place])
        return [files[index] for part in import_order(inside) for index in part]
