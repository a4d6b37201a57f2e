"""YAML with places: the data of a recipe and the line of every key and value in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from cooldown_kit.errors import RecipeError

_MAX_NODES = 100_000
"""A recipe has hundreds of nodes; more means aliases that multiply (a "YAML bomb")."""

Location = tuple[str | int, ...]


@dataclass
class YamlSource:
    """Parsed YAML. ``lines`` maps a path such as ``("train", "method")`` to its line, from 1."""

    data: Any
    lines: dict[Location, int] = field(default_factory=dict)

    def line(self, location: Location) -> int | None:
        """The line of that path, or of its nearest ancestor that has one."""
        for length in range(len(location), 0, -1):
            if location[:length] in self.lines:
                return self.lines[location[:length]]
        return None


def parse_yaml(text: str, where: str, *, most_nodes: int = _MAX_NODES) -> YamlSource:
    """Parse one YAML document. Raises :class:`RecipeError` with the line of what is wrong; keys may not repeat."""
    try:
        return _parse(text, where, most_nodes)
    except RecursionError:
        raise RecipeError(
            "values are nested too deeply", where=where, remedy="write the recipe flatter"
        ) from None


def _parse(text: str, where: str, most_nodes: int) -> YamlSource:
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        source = YamlSource(None)
        if node is not None:
            source.data = _Reader(loader, source.lines, where, most_nodes).read(node, ())
        return source
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}" if mark else where
        problem = getattr(error, "problem", None) or str(error)
        raise RecipeError(
            f"this is not YAML: {problem}", where=place, remedy="check indentation, quotes and colons there"
        ) from error
    finally:
        if loader is not None:
            loader.dispose()


class _Reader:
    def __init__(
        self, loader: yaml.SafeLoader, lines: dict[Location, int], where: str, most_nodes: int
    ) -> None:
        self._loader = loader
        self._most_nodes = most_nodes
        self._lines = lines
        self._where = where
        self._nodes = 0

    def read(self, node: yaml.Node, location: Location) -> Any:
        self._nodes += 1
        if self._nodes > self._most_nodes:
            raise RecipeError(
                f"more than {self._most_nodes:,} values, counted with aliases",
                where=self._where,
                remedy="write the recipe without nested aliases",
            )
        self._lines.setdefault(location, node.start_mark.line + 1)
        if not node.tag.startswith("tag:yaml.org,2002:") or ":python" in node.tag:
            place = f"{self._where}, line {node.start_mark.line + 1}"
            raise RecipeError(
                f"the tag {node.tag!r} means nothing in a recipe", where=place, remedy="remove it"
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(child, (*location, index)) for index, child in enumerate(node.value)]
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> Any:
        try:
            return self._loader.construct_object(node)
        except ValueError as error:  # a date such as 2026-13-01
            place = f"{self._where}, line {node.start_mark.line + 1}"
            raise RecipeError(
                f"{node.value!r} is not a value: {error}", where=place, remedy="write a value that exists"
            ) from error

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node)
            line = key_node.start_mark.line + 1
            if not isinstance(key, (str, int)):
                raise RecipeError(
                    f"{key!r} cannot be a key",
                    where=f"{self._where}, line {line}",
                    remedy="use a word as the key",
                )
            if key in result:
                raise RecipeError(
                    f"`{key}` is given twice, on lines {self._lines[(*location, key)]} and {line}",
                    where=f"{self._where}, line {line}",
                    remedy="keep one of them",
                )
            self._lines[(*location, key)] = line
            result[key] = self.read(value_node, (*location, key))
        return result
