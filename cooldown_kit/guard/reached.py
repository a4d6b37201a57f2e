"""Everything that a recipe reaches, by the marks of its options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from cooldown_kit import connector as connectors
from cooldown_kit.connector import Reaching, SourceOptions
from cooldown_kit.errors import CooldownError
from cooldown_kit.guard.marks import Kind, Reach, mark_of, may_be_a_place


@dataclass(frozen=True)
class Reached:
    """One thing that a recipe reaches. ``kind`` ``None``: an option does not say what it is; ``error``: a connector cannot tell."""

    place: str
    kind: Kind | None
    value: str
    error: str | None = None


def reached(model: BaseModel, prefix: str = "") -> Iterator[Reached]:
    """What the options of a model name, and of all models in it; of sources also what their connectors make of them."""
    for name, mark, walked in _options(type(model)):
        if walked:
            for place, inner in _models(getattr(model, name), prefix + name):
                yield from reached(inner, f"{place}.")
        else:
            yield from _values(
                getattr(model, name), prefix + name, mark, given=name in model.model_fields_set
            )
    if isinstance(model, SourceOptions):
        yield from _addresses(model, prefix)


@cache
def _options(model: type[BaseModel]) -> tuple[tuple[str, Reach | None, bool], ...]:
    """Name and mark of each option, and whether only the models in it can reach anything."""
    strict = issubclass(model, SourceOptions)
    marks = {name: mark_of(field) for name, field in model.model_fields.items()}
    return tuple(
        (name, mark, mark is None and not may_be_a_place(name, model.model_fields[name], strict=strict))
        for name, mark in marks.items()
    )


def _values(value: Any, place: str, mark: Reach | None, *, given: bool) -> Iterator[Reached]:
    if isinstance(value, BaseModel):
        yield from reached(value, f"{place}.")
    elif isinstance(value, str | Path):
        # what an option says where nobody asks it is the kit's own: never more than a name
        if given if mark is None else mark.kind != "none" and value not in mark.words:
            yield Reached(place, None if mark is None else mark.kind, str(value))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _values(item, f"{place}.{key}", mark, given=given)
    elif isinstance(value, list | tuple | set | frozenset):
        for number, item in enumerate(value):
            yield from _values(item, f"{place}.{number}" if len(value) > 1 else place, mark, given=given)


def _models(value: Any, place: str) -> Iterator[tuple[str, BaseModel]]:
    if isinstance(value, BaseModel):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _models(item, f"{place}.{key}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _models(item, f"{place}.{number}")


def _addresses(options: SourceOptions, prefix: str) -> Iterator[Reached]:
    """What a connector makes of several options together: a forge's address and the names of its repositories."""
    try:
        connector = connectors.find(options.connector)
        if isinstance(connector, Reaching):
            for name, url in connector.reached_urls(options):
                yield Reached(prefix + name, "url", url)
        elif Reach("below") in map(mark_of, type(options).model_fields.values()):
            yield Reached(prefix + "connector", None, "", "its connector has no `reached_urls`")
    except CooldownError as error:
        yield Reached(prefix + "connector", None, "", error.what)
