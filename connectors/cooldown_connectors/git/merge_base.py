"""Where a branch left a history, and which commits are its own: from the graph in memory, no process is asked.

Numbers of a graph never decrease on the way from parents to children. So whoever always goes on from the highest number has seen
all descendants of a commit before the commit itself, and is done at the merge base: neither clocks nor the length of the
history before it matter.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cooldown_connectors.git.graph import Graph, Indexes


@dataclass(frozen=True)
class Branch:
    """``base`` is the best common ancestor (``None`` where there is none), ``commits`` the branch's own, the lowest number first."""

    base: int | None
    commits: list[int]


def branch_from(
    graph: Graph, head: int, reached: Callable[[int], bool], brought: Indexes, limit: int
) -> Branch | None:
    """The branch that ends in ``head`` and left the commits that ``reached`` says yes to; ``None`` if it has more than ``limit``.

    ``reached`` must say yes to all ancestors of a commit that it says yes to. ``brought`` is that of
    :func:`~cooldown_connectors.git.mainline.brought_in_by`, which makes most comparisons of bases free.
    """
    if reached(head):
        return Branch(head, [])
    own, border, stack = {head}, set(), [head]
    while stack:
        for parent in graph.parents(stack.pop()):
            if reached(parent):
                border.add(parent)
            elif parent not in own:
                own.add(parent)
                stack.append(parent)
        if len(own) > limit:
            return None
    return Branch(_best(graph, _not_below_line(border, brought)), sorted(own))


def branch_between(graph: Graph, head: int, other: int, limit: int) -> Branch | None:
    """The branch of those commits that ``head`` reaches and ``other`` does not; ``None`` if it has more than ``limit``.

    It walks back from both until all ways of ``head`` have met one of ``other``.
    """
    ours, theirs = 1, 2
    colours = {head: ours}
    colours[other] = colours.get(other, 0) | theirs
    queue = [-number for number in colours]
    heapq.heapify(queue)
    open_ways = int(head != other)  # commits in the queue that only `head` has reached
    own: list[int] = []
    while open_ways and len(own) <= limit:
        number = -heapq.heappop(queue)
        colour = colours[number]
        if colour == ours:
            open_ways -= 1
            own.append(number)
        for parent in graph.parents(number):
            before = colours.get(parent, 0)
            if not before:
                heapq.heappush(queue, -parent)
            colours[parent] = before | colour
            open_ways += (colours[parent] == ours) - (before == ours)
    if len(own) > limit:
        return None
    if not own:
        return Branch(head, [])
    border = (parent for number in own for parent in graph.parents(number) if colours[parent] != ours)
    return Branch(_best(graph, border), own[::-1])


def _not_below_line(border: set[int], brought: Indexes) -> set[int]:
    """Without those that the highest commit of the main line among them reaches."""
    line = max((number for number in border if brought[number] == number), default=-1)
    return {number for number in border if number == line or not 0 <= brought[number] <= line}


def _best(graph: Graph, numbers: Iterable[int]) -> int | None:
    """The newest of those that no other one reaches, as ``git merge-base`` chooses; ``None`` of none."""
    left = set(numbers)
    if len(left) > 1:
        lowest = min(left)
        below: set[int] = set()
        seen, stack = set(left), list(left)
        while stack:
            for parent in graph.parents(stack.pop()):
                if parent in left:
                    below.add(parent)
                if parent > lowest and parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        left -= below
    return max(left, key=lambda number: (graph.committed[number], number), default=None)
