"""Which commit of the main line brought each commit in."""

from __future__ import annotations

import hashlib

import numpy as np
from cooldown_connectors.git.graph import Graph, Node
from cooldown_connectors.git.mainline import brought_in_by
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
