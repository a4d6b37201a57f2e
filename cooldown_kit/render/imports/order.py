"""The order of files in which each comes after those that it imports, as far as there is one.

DeepSeek-Coder (arXiv 2401.14196, section 2.2) takes, again and again, the file with the fewest imports that are not placed
yet, which also gets through circles. Two things are done otherwise here. The rule works inside one circle at a time
(a strongly connected component, Tarjan 1972), so that a file outside all circles never stands before what it imports. And
the circles follow each other depth first, so that a file stands right after what it imports, not after everything that imports
as little: a document of limited length then holds a file together with its imports.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence

Imports = Sequence[Collection[int]]
"""``imports[i]`` are the numbers that number ``i`` imports."""


def import_order(imports: Imports, files: int | None = None) -> list[list[int]]:
    """The parts of a repository that hang together, each in reading order.

    The first ``files`` numbers (all, unless given) are files in the order of their paths, which decides wherever imports do
    not. Further numbers stand for groups of files: who imports a package of a thousand files has one import, the group,
    and the group has a thousand. Parts follow each other by their first path; every file appears exactly once.
    """
    files = len(imports) if files is None else files
    part_of = _connected(imports)
    parts: dict[int, list[int]] = {}
    for circle in _Circles(imports).all():
        ordered = circle if len(circle) == 1 else _through_circle(sorted(circle), imports)
        parts.setdefault(part_of[circle[0]], []).extend(file for file in ordered if file < files)
    return [parts[first] for first in sorted(parts) if parts[first]]


class _Circles:
    """Strongly connected components, imports first: Tarjan's algorithm, with a path of its own in place of recursion."""

    def __init__(self, imports: Imports) -> None:
        self._imports = imports
        self._entered = [-1] * len(imports)
        """When a number was entered; -1 for not yet."""
        self._low = [0] * len(imports)
        self._stack: list[int] = []
        self._on_stack = [False] * len(imports)
        self._path: list[tuple[int, Iterator[int]]] = []
        self._clock = 0

    def all(self) -> Iterator[list[int]]:
        """Starts from what nobody imports, in path order: what that needs is then placed on the way to it."""
        imported = {target for targets in self._imports for target in targets}
        numbers = range(len(self._imports))
        for start in (*(n for n in numbers if n not in imported), *numbers):
            if self._entered[start] < 0:
                yield from self._from(start)

    def _from(self, start: int) -> Iterator[list[int]]:
        self._enter(start)
        while self._path:
            current, targets = self._path[-1]
            target = next(targets, None)
            if target is None:
                self._path.pop()
                if self._path:
                    self._reaches(self._path[-1][0], self._low[current])
                if self._low[current] == self._entered[current]:
                    yield self._leave(current)
            elif self._entered[target] < 0:
                self._enter(target)
            elif self._on_stack[target]:
                self._reaches(current, self._entered[target])

    def _enter(self, number: int) -> None:
        self._entered[number] = self._low[number] = self._clock
        self._clock += 1
        self._stack.append(number)
        self._on_stack[number] = True
        self._path.append((number, iter(sorted(self._imports[number]))))

    def _reaches(self, number: int, entered: int) -> None:
        self._low[number] = min(self._low[number], entered)

    def _leave(self, number: int) -> list[int]:
        members: list[int] = []
        while not members or members[-1] != number:
            members.append(self._stack.pop())
            self._on_stack[members[-1]] = False
        return members


def _through_circle(members: list[int], imports: Imports) -> list[int]:
    """The members of one circle: always the one with the fewest imports in it that are not placed, ties by path."""
    importers: dict[int, list[int]] = {member: [] for member in members}
    unmet = dict.fromkeys(members, 0)
    for member in members:
        for target in imports[member]:
            if target in importers and target != member:
                importers[target].append(member)
                unmet[member] += 1
    queue = [(count, member) for member, count in unmet.items()]
    heapq.heapify(queue)
    placed: dict[int, None] = {}
    while queue:
        count, member = heapq.heappop(queue)
        if member in placed or count != unmet[member]:
            continue  # an older entry
        placed[member] = None
        for importer in importers[member]:
            unmet[importer] -= 1
            if importer not in placed:
                heapq.heappush(queue, (unmet[importer], importer))
    return list(placed)


def _connected(imports: Imports) -> list[int]:
    """For each number the lowest one in its part: all that imports link, in whatever direction."""
    above = list(range(len(imports)))

    def first(number: int) -> int:
        while above[number] != number:
            above[number] = above[above[number]]
            number = above[number]
        return number

    for number, targets in enumerate(imports):
        for target in targets:
            one, other = first(number), first(target)
            above[max(one, other)] = min(one, other)
    return [first(number) for number in range(len(imports))]
