"""Lineage as boxes and lines: sources at the left, the model at the right."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from cooldown_api.ui.formats import visible
from cooldown_kit.client.wire import Lineage, LineageNode

_WIDTH: Final = 160
_HEIGHT: Final = 60
_ACROSS: Final = 34
"""Between columns."""
_DOWN: Final = 16
_MARGIN: Final = 2
_LETTERS: Final = 18
"""That fit into a box."""


@dataclass(frozen=True)
class Box:
    """One node, with its place in pixels."""

    node: LineageNode
    x: int
    y: int
    label: str
    link: str | None
    self: bool
    made_from: list[str]


@dataclass(frozen=True)
class LineageGraph:
    boxes: list[Box]
    paths: list[str]
    width: int
    height: int
    box_width: int = _WIDTH
    box_height: int = _HEIGHT


def lineage_graph(lineage: Lineage) -> LineageGraph:
    """Each node stands right of all that it was made from; edges to what is not there are left out."""
    nodes = {node.id: node for node in lineage.nodes}
    edges = [(e.source, e.target) for e in lineage.edges if e.source in nodes and e.target in nodes]
    columns: dict[int, list[str]] = defaultdict(list)
    for id, column in _columns(nodes, edges).items():
        columns[column].append(id)
    tallest = max((len(ids) for ids in columns.values()), default=0)
    height = tallest * (_HEIGHT + _DOWN) - _DOWN + 2 * _MARGIN
    places = {}
    for column, ids in columns.items():
        top = (height - (len(ids) * (_HEIGHT + _DOWN) - _DOWN)) // 2
        for row, id in enumerate(ids):
            places[id] = (_MARGIN + column * (_WIDTH + _ACROSS), top + row * (_HEIGHT + _DOWN))
    boxes = [
        Box(
            node=nodes[id],
            x=x,
            y=y,
            label=_label(str(nodes[id].detail.get("name") or nodes[id].name)),
            link=_link(nodes[id]),
            self=nodes[id].name == lineage.job,
            made_from=[nodes[source].name for source, target in edges if target == id],
        )
        for id, (x, y) in places.items()
    ]
    width = (max(columns, default=0) + 1) * (_WIDTH + _ACROSS) - _ACROSS + 2 * _MARGIN
    return LineageGraph(boxes, [_path(places[a], places[b]) for a, b in edges], width, max(height, 0))


def _columns(nodes: dict[str, LineageNode], edges: list[tuple[str, str]]) -> dict[str, int]:
    """Longest way from a beginning, and beginnings just before what is made from them. A circle in what somebody wrote ends too."""
    columns = dict.fromkeys(nodes, 0)
    for _ in range(len(nodes)):
        moved = False
        for source, target in edges:
            if columns[target] <= columns[source] < len(nodes):
                columns[target] = columns[source] + 1
                moved = True
        if not moved:
            break
    made = {target for _, target in edges}
    for id in nodes.keys() - made:
        after = [columns[target] for source, target in edges if source == id]
        columns[id] = max(min(after, default=1) - 1, 0)
    return {id: min(column, len(nodes) - 1) for id, column in columns.items()}


def _path(source: tuple[int, int], target: tuple[int, int]) -> str:
    x, y = source[0] + _WIDTH, source[1] + _HEIGHT // 2
    to_x, to_y = target[0], target[1] + _HEIGHT // 2
    bend = (to_x - x) // 2
    return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"


def _label(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= _LETTERS else "…" + shown[1 - _LETTERS :]


def _link(node: LineageNode) -> str | None:
    if node.kind == "job":
        return f"/jobs/{quote(node.name, safe='')}"
    if node.kind == "dataset" and "@v" in node.name:
        return f"/datasets/{quote(node.name, safe='@')}"
    return None
