"""The reference of all options, made from their declarations: `cooldown options`, `docs/recipe.md`, golden files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cooldown_kit.options import Bytes, Count, Options, Share


@dataclass(frozen=True)
class OptionDoc:
    """One option as a person reads about it."""

    name: str
    type: str
    default: str
    help: str


def describe(model: type[BaseModel], prefix: str = "") -> Iterator[OptionDoc]:
    """Every option of a model and of the models in it, in the order of declaration."""
    for name, field in model.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, Options) and not field.is_required():
            yield from describe(nested, f"{prefix}{name}.")
        else:
            yield OptionDoc(
                prefix + name,
                _type_of(field),
                _default(field),
                " ".join((field.description or "").split()),
            )


_NAMES = {
    int: "integer",
    float: "number",
    str: "text",
    bool: "true or false",
    Path: "path",
    NoneType: "nothing",
}


def _type_of(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    return _words(Annotated[(annotation, *field.metadata)] if field.metadata else annotation)


def _words(annotation: Any) -> str:
    for known, word in ((Count, "count (`20M`)"), (Share, "share (`80%`)"), (Bytes, "size (`1MiB`)")):
        if annotation == known or (
            get_origin(annotation) is Annotated and get_args(annotation)[1:2] == get_args(known)[1:2]
        ):
            return word
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0]) + "".join(_bound(bound) for bound in arguments[1:])
    if origin is Literal:
        return " | ".join(f"`{value}`" for value in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_words(branch) for branch in arguments if branch is not NoneType)
    if origin in (list, tuple):
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return f"mapping to {_words(arguments[1])}"
    return _NAMES.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _bound(bound: Any) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    inner = getattr(bound, "metadata", None) or [bound]
    return "".join(
        f", {sign} {getattr(part, key):g}"
        for part in inner
        for key, sign in signs.items()
        if getattr(part, key, None) is not None
    )


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return f"`{{{', '.join(f'{key}: {item:g}' for key, item in value.items())}}}`"
    return f"`{value}`"


def recipe_page() -> str:
    """`docs/recipe.md`: every option of a recipe and of the installed connectors."""
    from cooldown_kit import connector
    from cooldown_kit.recipe import GOALS, Recipe

    lines = [
        "# Recipe reference",
        "",
        "Made from the declarations by `make docs`; do not edit. `cooldown options` prints the same.",
        "",
        "A recipe is one YAML file. Unknown keys are refused with the nearest known one. `--set train.method=full` overrides a key.",
        "",
        "## Goals",
        "",
        "`goal` sets the share of code where `mix.shares` does not.",
        "",
        *(f"* `{name}`: {reason}." for name, (_, reason) in GOALS.items()),
        "",
        "## Options",
        "",
        *_table(describe(Recipe)),
    ]
    for name in connector.installed():
        lines += [
            "",
            f"## Connector `{name}`",
            "",
            f"Options of a source with `connector: {name}`.",
            "",
            *_table(describe(connector.find(name).Options)),
        ]
    return "\n".join(lines) + "\n"


def _table(options: Iterator[OptionDoc]) -> list[str]:
    def cell(text: str) -> str:
        return text.replace("|", "\\|")

    rows = [f"| `{o.name}` | {cell(o.type)} | {cell(o.default)} | {cell(o.help)} |" for o in options]
    return ["| option | type | default | meaning |", "| --- | --- | --- | --- |", *rows]


if __name__ == "__main__":
    (Path(sys.argv[1]) / "recipe.md").write_text(recipe_page(), encoding="utf-8")
