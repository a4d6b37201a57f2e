"""Operations of an HTTP API as its description declares them, and a check of requests against them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

Query = Mapping[str, Any] | Iterable[tuple[str, Any]] | str | None
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Parameter:
    """A documented query parameter; `schema` is what JSON Schema says of its value ({} where nothing is said)."""

    name: str
    schema: Schema = field(default_factory=dict, hash=False)
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """A method on a path template ("/repos/{owner}/{repo}/pulls").

    `query` holds its parameters by name; `path_schemas` those placeholders of which a type is known. `pointer` is where
    a JSON description holds it, as JSON Pointer; `answer` is the type of its answer where the description is
    TypeScript.
    """

    method: str
    template: str
    query: Mapping[str, Parameter] = field(default_factory=dict, hash=False)
    path_schemas: Mapping[str, Schema] = field(default_factory=dict, hash=False)
    pointer: str = ""
    answer: Schema = field(default_factory=dict, hash=False)

    @property
    def pattern(self) -> re.Pattern[str]:
        """A placeholder stands for one segment, or for a part of one."""
        parts = re.split(r"\{(\w+)\}", self.template)
        text = "".join(f"(?P<p{i}>[^/]+)" if i % 2 else re.escape(part) for i, part in enumerate(parts))
        return re.compile(text)

    def placeholders(self) -> list[str]:
        """Names in the template, in their order."""
        return re.findall(r"\{(\w+)\}", self.template)


class Operations:
    """The documented operations of one API, found by method and path."""

    def __init__(self, name: str, operations: Iterable[Operation], ignore_case: bool = False) -> None:
        """`name` begins each message; `ignore_case` is for servers that route without looking at case."""
        self.name = name
        self.all = tuple(operations)
        self._flags = re.IGNORECASE if ignore_case else 0
        self._by_size: dict[tuple[str, int], list[tuple[re.Pattern[str], Operation]]] = {}
        for operation in self.all:
            key = operation.method, operation.template.count("/")
            pattern = re.compile(operation.pattern.pattern, self._flags)
            self._by_size.setdefault(key, []).append((pattern, operation))

    def documents(self, method: str, path: str) -> bool:
        """Whether there is such an operation."""
        return any(p.fullmatch(path) for p, _ in self._by_size.get((method.upper(), path.count("/")), []))

    def find(self, method: str, path: str) -> list[Operation]:
        """The operations that a request may mean, those with the fewest placeholders only; raises if there is none."""
        found = []
        for pattern, operation in self._by_size.get((method.upper(), path.count("/")), []):
            match = pattern.fullmatch(path)
            if match and all(
                fits(value, operation.path_schemas.get(name, {})) is None
                for name, value in zip(operation.placeholders(), match.groups(), strict=True)
            ):
                found.append(operation)
        assert found, f"{self.name}: {method.upper()} {path} is not documented"
        fewest = min(len(operation.placeholders()) for operation in found)
        return [operation for operation in found if len(operation.placeholders()) == fewest]

    def check(self, method: str, path: str, query: Query) -> Operation:
        """The operation meant; raises AssertionError for a path, a query parameter or a value that is not documented."""
        operations = self.find(method, path)
        complaints = [self._complaint(operation, pairs(query)) for operation in operations]
        if None in complaints:
            return operations[complaints.index(None)]
        raise AssertionError(f"{self.name}: {method.upper()} {path}: {complaints[0]}")

    def _complaint(self, operation: Operation, query: list[tuple[str, str]]) -> str | None:
        for name, value in query:
            parameter = operation.query.get(name) or operation.query.get(name.removesuffix("[]"))
            if parameter is None:
                known = ", ".join(sorted(operation.query)) or "none"
                return f"the query parameter {name!r} is not documented (known: {known})"
            if (wrong := fits(value, parameter.schema)) is not None:
                return f"{name}={value}: {wrong}"
        given = {name for name, _ in query}
        for parameter in operation.query.values():
            if parameter.required and parameter.name not in given:
                return f"the query parameter {parameter.name!r} is required"
        return None


def pairs(query: Query) -> list[tuple[str, str]]:
    """A query in any of its forms as names and values; lists become repeats, None is left out, booleans are JSON's."""
    if query is None:
        return []
    if isinstance(query, str):
        return parse_qsl(query.removeprefix("?"), keep_blank_values=True)
    items = query.items() if isinstance(query, Mapping) else query
    return [
        (name, str(each).lower() if isinstance(each, bool) else str(each))
        for name, value in items
        for each in (value if isinstance(value, list | tuple) else [value])
        if each is not None
    ]


def fits(value: str, schema: Schema) -> str | None:
    """What is wrong with a value of a URL, or None. It knows type, enum, minimum, maximum, date-time and items."""
    if "items" in schema:
        wrong = (fits(each, schema["items"]) for each in value.split(","))
        return next((complaint for complaint in wrong if complaint), None)
    if "enum" in schema and value not in [str(each) for each in schema["enum"]]:
        return f"not one of {', '.join(str(each) for each in schema['enum'])}"
    kind = schema.get("type")
    if kind in ("integer", "number"):
        return _number(value, schema)
    if kind == "boolean" and value not in ("true", "false"):
        return "neither true nor false"
    if schema.get("format") == "date-time":
        return _time(value)
    return None


def _number(value: str, schema: Schema) -> str | None:
    try:
        number = float(value) if schema["type"] == "number" else int(value)
    except ValueError:
        return f"no {schema['type']}"
    if number < schema.get("minimum", number):
        return f"less than {schema['minimum']}"
    if number > schema.get("maximum", number):
        return f"more than {schema['maximum']}"
    return None


def _time(value: str) -> str | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return "no ISO 8601 time"
    return None if moment.tzinfo is not None else "a time without its zone"
