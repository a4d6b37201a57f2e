"""Lineage as boxes: from left to right, none over another."""

from __future__ import annotations

import itertools

from cooldown_api.ui.lineage_graph import lineage_graph
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.client.wire import Lineage, LineageEdge, LineageNode

ids = st.integers(0, 9).map(str)


@given(st.lists(st.tuples(ids, ids), max_size=25))
def test_no_box_lies_over_another_and_all_lie_inside(edges):
    nodes = [LineageNode(id=str(number), kind="documents", name=f"n{number}") for number in range(8)]
    graph = lineage_graph(
        Lineage(job="j", nodes=nodes, edges=[LineageEdge(source=a, target=b) for a, b in edges])
    )
    assert len(graph.boxes) == len(nodes)
    for box in graph.boxes:
        assert box.x >= 0 and box.x + graph.box_width <= graph.width
        assert box.y >= 0 and box.y + graph.box_height <= graph.height
    for one in graph.boxes:
        for other in graph.boxes:
            if one is not other and one.x == other.x:
                assert abs(one.y - other.y) >= graph.box_height


def test_what_is_made_stands_right_of_what_it_is_made_from():
    names = ("source", "documents", "mixture", "job", "model")
    nodes = [LineageNode(id=name, kind=name, name=name) for name in reversed(names)]
    edges = [LineageEdge(source=a, target=b) for a, b in itertools.pairwise(names)]
    edges += [LineageEdge(source="documents", target="job"), LineageEdge(source="nowhere", target="job")]
    graph = lineage_graph(Lineage(job="job", nodes=nodes, edges=edges))
    places = {box.node.name: box.x for box in graph.boxes}
    assert [places[name] for name in names] == sorted(set(places.values()))
    (job,) = [box for box in graph.boxes if box.self]
    assert (job.link, sorted(job.made_from)) == ("/jobs/job", ["documents", "mixture"])
    assert len(graph.paths) == 5
