"""The graph of commits: numbered by the history alone."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from cooldown_connectors.git.graph import Graph, Node
from hypothesis import given
from hypothesis import strategies as st


def _id(name: object) -> bytes:
    return hashlib.sha1(str(name).encode()).hexdigest().encode()


@st.composite
def histories(draw: st.DrawFn) -> list[Node]:
    count = draw(st.integers(1, 25))
    nodes = []
    for number in range(count):
        parents = draw(st.lists(st.integers(0, number - 1), max_size=3, unique=True)) if number else []
        nodes.append(Node(_id(number), [_id(parent) for parent in parents], draw(st.integers(0, 9))))
    return nodes


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_history_was_read(nodes, random):
    mixed = list(nodes)
    random.shuffle(mixed)
    first, second = Graph(nodes), Graph(mixed)
    assert [first.revision(i) for i in range(len(first))] == [second.revision(i) for i in range(len(second))]
    assert [mixed[place].revision.decode() for place in second.order] == [
        second.revision(i) for i in range(len(second))
    ]


@given(histories())
def test_parents_come_first_and_are_those_of_the_commit(nodes):
    graph = Graph(nodes)
    by_id = {node.revision.decode(): node for node in nodes}
    for number in range(len(graph)):
        parents = graph.parents(number)
        assert all(parent < number for parent in parents)
        assert [graph.revision(p).encode() for p in parents] == list(by_id[graph.revision(number)].parents)
        assert graph.find(graph.revision(number)) == number
        assert graph.committed[number] == by_id[graph.revision(number)].committed


@given(histories())
def test_reachable_is_the_closure_of_parents(nodes):
    graph = Graph(nodes)
    last = len(graph) - 1
    expected, stack = {last}, [last]
    while stack:
        for parent in graph.parents(stack.pop()):
            if parent not in expected:
                expected.add(parent)
                stack.append(parent)
    assert set(np.flatnonzero(graph.reachable([last])).tolist()) == expected


def test_the_older_of_two_lines_comes_first():
    root, old, young = Node(_id("r"), [], 0), Node(_id("o"), [_id("r")], 5), Node(_id("y"), [_id("r")], 7)
    graph = Graph([young, old, root])
    assert [graph.revision(i).encode() for i in range(3)] == [root.revision, old.revision, young.revision]


def test_parents_below_the_edge_are_left_out():
    graph = Graph([Node(_id("c"), [_id("gone"), _id("p")], 2), Node(_id("p"), [], 1)])
    assert graph.parents(1) == [0]
    assert list(graph.first_parents(1)) == [1], "the first parent is the one that is not here"
    assert graph.find(_id("gone").decode()) is None


def test_a_commit_twice_is_our_mistake():
    with pytest.raises(ValueError, match="twice"):
        Graph([Node(_id("a"), [], 0), Node(_id("a"), [], 0)])


def test_no_commits_are_a_graph_too():
    assert len(Graph([])) == 0
    assert Graph([]).find("0" * 40) is None


def test_sha256_ids_fit():
    long = hashlib.sha256(b"x").hexdigest()
    assert Graph([Node(long.encode(), [], 0)]).find(long) == 0
