"""What an option reaches is declared where the option is: ``url: Annotated[str, Reach("url")]``.

The guard reads these marks; it knows no option by name. What is not marked and could be a place is refused by it, and by a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Kind = Literal["url", "path", "place", "secret", "proxy", "model", "below", "none"]
"""``url``: a remote address. ``path``: a local one, relative to the recipe's folder, perhaps with wildcards. ``place``: either.
``secret``: a reference to a credential. ``proxy``: a proxy's address, or ``environment``. ``model``: as ``model:`` of a recipe.
``below``: a part of an address, which the connector's ``reached_urls`` tells as a whole. ``none``: it reaches nothing."""

_LIKE_A_PLACE: Final = re.compile(
    r"path|url|uri|host|api|address|endpoint|server|repositor|remote|clone|token|secret|key|password|credential|cert|proxy|bundle|(?:^|_)ca(?:_|$)|"
    r"file|folder|directory|workspace|model|teacher|judge|tokenizer|adapter|checkpoint|dataset|revision|cache|command|script|template"
)


@dataclass(frozen=True)
class Reach:
    """The mark of an option, in its ``Annotated``."""

    kind: Kind
    words: tuple[str, ...] = ()
    """Values that are no place: ``never`` where else a path stands."""


def mark_of(field: FieldInfo) -> Reach | None:
    """The option's mark; a ``Path`` without one is a path; ``None`` where nothing says what it is."""
    for mark in field.metadata:
        if isinstance(mark, Reach):
            return mark
    return Reach("path") if Path in _types(field.annotation) else None


def may_be_a_place(name: str, field: FieldInfo, *, strict: bool) -> bool:
    """Whether an option without a mark could name one. ``strict``: whatever holds free text could."""
    return str in _types(field.annotation) and (strict or _LIKE_A_PLACE.search(name) is not None)


def unmarked(model: type[BaseModel], *, strict: bool) -> Iterator[str]:
    """Dotted names of the options of a model, and of the models in it, that may be a place and do not say so."""
    for name, field in model.model_fields.items():
        if mark_of(field) is None and may_be_a_place(name, field, strict=strict):
            yield name
        for inner in _types(field.annotation):
            if isinstance(inner, type) and issubclass(inner, BaseModel):
                yield from (f"{name}.{below}" for below in unmarked(inner, strict=strict))


def _types(annotation: Any) -> set[Any]:
    """The types that a value may have, those in lists and mappings included; of a mapping the values count."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _types(arguments[0])
    if origin in (Union, UnionType, list, tuple, set, frozenset):
        return set().union(*map(_types, arguments))
    if origin is dict:
        return _types(arguments[1])
    return set() if origin is Literal else {annotation}
