"""Through which commit of the main line each other commit came in."""

from __future__ import annotations

import numpy as np

from cooldown_connectors.git.graph import Graph, Indexes


def brought_in_by(graph: Graph, tip: int) -> Indexes:
    """For each commit that ``tip`` reaches, the oldest commit on the first-parent line of ``tip`` that reaches it.

    For commits on that line it is the commit itself, for others the merge that brought them in. int32, shape
    ``(len(graph),)``; -1 where ``tip`` does not reach. Every commit and every parent is looked at once.
    """
    line = list(graph.first_parents(tip))
    line.reverse()
    brought = np.full(len(graph), -1, np.int32)
    brought[line] = line
    for merge in line:
        stack = [merge]
        while stack:
            for parent in graph.parents(stack.pop()):
                if brought[parent] < 0:
                    brought[parent] = merge
                    stack.append(parent)
    return brought
