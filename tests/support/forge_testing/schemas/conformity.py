"""Holds JSON to types that were read from TypeScript declarations.

Generated types say more and less than a server does: every field is there in Azure's, whether or not it is sent, and null
stands for what is left out. So a field may be missing or null; one that is not declared, or of another type, is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from forge_testing.schemas.typescript import Type

Lookup = Callable[[str], Type]
KINDS: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "boolean": (bool,)}


def check_conforms(instance: Any, kinds: list[Type], lookup: Lookup, what: str) -> None:
    """Raise AssertionError unless `instance` is of one of the types; `lookup` resolves names, to {} for unknown ones."""
    told = [list(complaints(instance, kind, lookup, "")) for kind in kinds]
    if all(told):
        raise AssertionError(f"{what} is not as declared: " + "; ".join(min(told, key=len)[:5]))


def complaints(instance: Any, kind: Type, lookup: Lookup, at: str) -> Iterator[str]:
    """What differs, each with its place as JSON Pointer."""
    kind = lookup(kind["$ref"]) if "$ref" in kind else kind
    if instance is None or not kind:
        return
    if "anyOf" in kind:
        told = [list(complaints(instance, each, lookup, at)) for each in kind["anyOf"]]
        yield from min(told, key=len)
    elif "enum" in kind:
        if instance not in kind["enum"] and str(instance) not in kind["enum"]:
            yield f"at {at or '/'}: {instance!r} is not one of {', '.join(map(str, kind['enum']))}"
    elif "allOf" in kind or kind.get("type") == "object":
        yield from _in_object(instance, kind, lookup, at)
    elif kind.get("type") == "array":
        if isinstance(instance, list):
            for number, item in enumerate(instance):
                yield from complaints(item, kind["items"], lookup, f"{at}/{number}")
        else:
            yield f"at {at or '/'}: {instance!r:.100} is no list"
    else:
        yield from _plain(instance, kind, at)


def _in_object(instance: Any, kind: Type, lookup: Lookup, at: str) -> Iterator[str]:
    if not isinstance(instance, dict):
        yield f"at {at or '/'}: {instance!r:.100} is no object"
        return
    properties, is_open = _members(kind, lookup)
    for name, value in instance.items():
        if name in properties:
            yield from complaints(value, properties[name], lookup, f"{at}/{name}")
        elif not is_open:
            yield f"at {at or '/'}: {name!r} is not declared (known: {', '.join(sorted(properties))})"


def _members(kind: Type, lookup: Lookup) -> tuple[dict[str, Type], bool]:
    """The properties of an object with those that it takes over, and whether it may have others."""
    kind = lookup(kind["$ref"]) if "$ref" in kind else kind
    if "allOf" not in kind:
        return kind.get("properties", {}), "properties" not in kind or "additionalProperties" in kind
    found: dict[str, Type] = {}
    is_open = False
    for part in kind["allOf"]:
        properties, part_is_open = _members(part, lookup)
        found |= properties
        is_open |= part_is_open
    return found, is_open


def _plain(instance: Any, kind: Type, at: str) -> Iterator[str]:
    expected = kind.get("type", "")
    fits = isinstance(instance, KINDS.get(expected, (object,)))
    if not fits or (expected == "number" and isinstance(instance, bool)):
        yield f"at {at or '/'}: {instance!r:.100} is no {expected}"
    elif kind.get("format") == "date-time":
        try:
            datetime.fromisoformat(instance)
        except ValueError:
            yield f"at {at or '/'}: {instance!r:.100} is no ISO 8601 time"
