"""YAML with places: the data of a recipe and the line of every key and value in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from cooldown_kit.errors import RecipeError

_MAX_NODES: Final = 100_000
"""A recipe has hundreds of nodes; more means aliases that multiply (a "YAML bomb")."""
_MAX_DEPTH: Final = 64
_LOADER: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, which PyYAML has on the usual machines: ten times as fast, and linear where the other is not (`[[[[…`)."""

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
    except RecursionError:  # an alias within what it stands for
        raise _too_deep(where) from None
    except UnicodeEncodeError as error:  # libyaml reads UTF-8
        line = text.count("\n", 0, error.start) + 1
        raise RecipeError(
            "this is not YAML: half of a surrogate pair is no character",
            where=f"{where}, line {line}",
            remedy="save the file as UTF-8",
        ) from None


def _too_deep(where: str) -> RecipeError:
    return RecipeError("values are nested too deeply", where=where, remedy="write the recipe flatter")


def _check_shape(text: str, where: str, most_nodes: int) -> None:
    """Refuse what is too large or too deep before anything is made of it: libyaml's composer recurses in C, without a limit."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            assert event.start_mark is not None  # both parsers give every event its place
            raise _too_deep(f"{where}, line {event.start_mark.line + 1}")
        if nodes > 2 * most_nodes:  # keys are nodes too
            raise _too_many(where, most_nodes)


def _too_many(where: str, most_nodes: int) -> RecipeError:
    return RecipeError(
        f"more than {most_nodes:,} values, counted with aliases",
        where=where,
        remedy="write the recipe without nested aliases",
    )


def _parse(text: str, where: str, most_nodes: int) -> YamlSource:
    loader = None
    try:
        _check_shape(text, where, most_nodes)
        loader = _LOADER(text)
        node = loader.get_single_node()
        source = YamlSource(None)
        if node is not None:
            source.data = _Reader(loader, source.lines, where, most_nodes).read(node, ())
        return source
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}, line {mark.line + 1}" if mark else where
        problem = getattr(error, "problem", None) or str(error)
        if problem == "exceeded maximum nesting depth":
            raise _too_deep(place) from None
        if problem == "found character that cannot start any token" and mark is not None:
            problem = f"found {_character(text, mark)!r}, with which no value begins"
        raise RecipeError(
            f"this is not YAML: {problem}", where=place, remedy="check indentation, quotes and colons there"
        ) from error
    finally:
        if loader is not None:
            loader.dispose()


def _character(text: str, mark: yaml.Mark) -> str:
    line = "".join(text.splitlines()[mark.line : mark.line + 1])
    return line[mark.column : mark.column + 1]


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
            raise _too_many(self._where, self._most_nodes)
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
            line = key_node.start_mark.line + 1
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise RecipeError(
                    "`<<` merges nothing in a recipe",
                    where=f"{self._where}, line {line}",
                    remedy="write the keys out; an alias (`*name`) can stand for a whole value",
                )
            key = self._scalar(key_node)
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
