"""Which commit of the main line brought each commit in."""

from __future__ import annotations

import hashlib

import numpy as np
from cooldown_connectors.git.graph import Graph, Node
from cooldown_connectors.git.mainline import brought_in_by, merged_by
from hypothesis import given
from hypothesis import strategies as st


def _id(name: object) -> bytes:
    return hashlib.sha1(str(name).encode()).hexdigest().encode()


def _graph(parents: list[list[object]]) -> Graph:
    """Commit ``i`` has number ``i``: its time is its place. A parent that is no number here lies below the edge."""
    return Graph([Node(_id(number), [_id(p) for p in some], number) for number, some in enumerate(parents)])


@st.composite
def histories(draw: st.DrawFn) -> list[list[object]]:
    parents: list[list[object]] = []
    for number in range(draw(st.integers(1, 20))):
        known = st.integers(0, number - 1) if number else st.nothing()
        parents.append(draw(st.lists(known | st.just("below"), max_size=3, unique=True)))
    return parents


@given(histories(), st.data())
def test_it_is_the_oldest_commit_of_the_line_that_reaches_it(parents, data):
    graph = _graph(parents)
    tip = data.draw(st.integers(0, len(parents) - 1))
    line = sorted(graph.first_parents(tip))
    expected = [next((c for c in line if graph.reachable([c])[number]), -1) for number in range(len(graph))]
    brought = brought_in_by(graph, tip)
    assert brought.dtype == np.int32
    assert brought.tolist() == expected


def test_a_branch_belongs_to_its_merge_and_the_line_to_itself():
    #  0 ── 1 ─────── 4 ── 5      6: not reached
    #   └── 2 ── 3 ──┘
    graph = _graph([[], [0], [0], [2], [1, 3], [4], [0]])
    assert brought_in_by(graph, 5).tolist() == [0, 1, 4, 4, 4, 5, -1]


def test_main_merged_into_a_branch_stays_on_the_line():
    #  0 ── 1 ───── 4
    #   └── 2 ─ 3 ─┘     3 merges 1 into the branch
    graph = _graph([[], [0], [0], [2, 1], [1, 3]])
    assert brought_in_by(graph, 4).tolist() == [0, 1, 4, 4, 4]


def test_a_line_of_many_thousand_commits_needs_no_deep_stack():
    graph = _graph([[n - 1] if n else [] for n in range(20_000)])
    assert brought_in_by(graph, 19_999).tolist() == list(range(20_000))


def _innermost_merge(graph, tip, commit):
    """By the definition: the merge on the tip's line that brought it in, then the same on the branch that was merged."""
    line = sorted(graph.first_parents(tip))
    if commit in line:
        return None
    merge = next(c for c in line if graph.reachable([c])[commit])
    branch = next(p for p in graph.parents(merge) if graph.reachable([p])[commit])
    inner = _innermost_merge(graph, branch, commit)
    return merge if inner is None else inner


@given(histories(), st.data())
def test_the_innermost_merge_is_that_of_the_line_that_a_commit_was_made_on(parents, data):
    graph = _graph(parents)
    tip = data.draw(st.integers(0, len(parents) - 1))
    reached = graph.reachable([tip])
    merged, brought = merged_by(graph, tip), brought_in_by(graph, tip)
    for number in range(len(graph)):
        expected = _innermost_merge(graph, tip, number) if reached[number] else None
        assert merged[number] == (-1 if expected is None else expected)
        top = number
        while merged[top] >= 0:
            top = merged[top]
        assert brought[number] == (top if reached[number] else -1), "the outermost is on the main line"


def test_a_branch_of_a_branch_belongs_to_its_own_merge():
    #  0 ── 1 ───────────── 6      develop is 2 ─ 5, the branch merged into it is 3 ─ 4
    #   └── 2 ──────── 5 ──┘
    #        └ 3 ─ 4 ─┘
    graph = _graph([[], [0], [0], [2], [3], [2, 4], [1, 5]])
    assert merged_by(graph, 6).tolist() == [-1, -1, 6, 5, 5, 6, -1]


def test_of_two_branches_merged_at_once_the_first_has_what_both_reach():
    #  0 ── 1 ─────────── 5      5 merges 4 and 2 at once, and 4 had merged 2 before
    graph = _graph([[], [0], [0], [0], [3, 2], [1, 4, 2]])
    assert merged_by(graph, 5).tolist() == [-1, -1, 4, 5, 5, -1]
