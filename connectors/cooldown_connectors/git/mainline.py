"""Through which merges each commit came into the main line."""

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


def merged_by(graph: Graph, tip: int) -> Indexes:
    """For each commit that ``tip`` reaches, the merge that brought in the line it was made on: the innermost one.

    Where a branch was itself merged into a branch, the merge of the outer one is ``merged_by[merged_by[commit]]``, and so on up to one
    that :func:`brought_in_by` gives. Of branches that one merge brought in together, the first has what several reach.
    int32, shape ``(len(graph),)``; -1 for commits of the main line and those not reached. Every commit and every parent is
    looked at once.
    """
    merged = np.full(len(graph), -1, np.int32)
    seen = np.zeros(len(graph), np.bool_)
    branches = [(tip, -1)]
    while branches:
        branch, merge = branches.pop()
        line = []
        for commit in graph.first_parents(branch):
            if seen[commit]:
                break
            seen[commit] = True
            line.append(commit)
        merged[line] = merge
        # What the oldest commit of the line merged is taken first, and whole, before the next: it was there first.
        for commit in line:
            branches += [(parent, commit) for parent in reversed(graph.parents(commit)) if not seen[parent]]
    return merged
