"""Merge bases and a branch's own commits, against git and against their definition."""

from __future__ import annotations

import hashlib

from cooldown_connectors.git.graph import Graph, Node
from cooldown_connectors.git.mainline import brought_in_by
from cooldown_connectors.git.merge_base import Branch, branch_between, branch_from
from hypothesis import given
from hypothesis import strategies as st


def name(number):
    return hashlib.sha1(str(number).encode()).hexdigest().encode()


@st.composite
def graphs(draw):
    parents = []
    for number in range(draw(st.integers(1, 16))):
        some = st.lists(st.integers(0, number - 1), max_size=3, unique=True) if number else st.just([])
        parents.append(draw(some))
    # Clocks are wrong at will; numbers come from the graph.
    times = draw(st.lists(st.integers(0, 5), min_size=len(parents), max_size=len(parents)))
    return Graph(
        Node(name(n), [name(p) for p in some], time)
        for n, (some, time) in enumerate(zip(parents, times, strict=True))
    )


def expected(graph, head, other):
    """By the definition: reached by both, and by no other such commit."""
    ours, theirs = (set(graph.reachable([n]).nonzero()[0].tolist()) for n in (head, other))
    common = ours & theirs
    best = [c for c in common if not any(c != d and graph.reachable([d])[c] for d in common)]
    base = max(best, key=lambda c: (graph.committed[c], c), default=None)
    return Branch(base, sorted(ours - theirs))


@given(graphs(), st.data())
def test_the_base_is_the_best_common_ancestor_and_the_rest_is_the_branchs_own(graph, data):
    head, other = (data.draw(st.integers(0, len(graph) - 1)) for _ in range(2))
    right = expected(graph, head, other)
    count = len(right.commits)
    assert branch_between(graph, head, other, count) == right
    brought = brought_in_by(graph, other)
    assert branch_from(graph, head, lambda n: bool(brought[n] >= 0), brought, count) == right
    if count:
        assert branch_between(graph, head, other, count - 1) is None
        assert branch_from(graph, head, lambda n: bool(brought[n] >= 0), brought, count - 1) is None


@given(graphs(), st.data())
def test_before_a_merge_of_the_main_line_its_marks_say_what_was_reached(graph, data):
    tip = data.draw(st.integers(0, len(graph) - 1))
    merge = data.draw(st.sampled_from(list(graph.first_parents(tip))))
    parents = graph.parents(merge)
    if not parents:
        return
    head = data.draw(st.sampled_from(parents))
    brought = brought_in_by(graph, tip)
    got = branch_from(graph, head, lambda n: bool(0 <= brought[n] < merge), brought, 100)
    assert got == expected(graph, head, parents[0])


def test_git_names_the_same_base_for_branches_that_merged_each_other(repository, history_of):
    repository.commit("root")
    repository.git("checkout", "-q", "-b", "one")
    repository.commit("one")
    repository.git("checkout", "-q", "-b", "two", "main")
    repository.commit("two")
    for ours, theirs in (("one", "two~0"), ("two", "one^")):
        repository.tick()
        repository.git("checkout", "-q", ours)
        repository.git("merge", "-q", "--no-ff", "-m", "cross", theirs)
        repository.commit("on")
    one, two = repository.text("rev-parse", "one", "two").split()
    _, history = history_of(repository, one, two)
    graph = history.graph
    got = branch_between(graph, graph.find(one), graph.find(two), 9)
    assert graph.revision(got.base) == repository.text("merge-base", "one", "two")
    own = repository.text("rev-list", "one", "^two").split()
    assert {graph.revision(n) for n in got.commits} == set(own)
