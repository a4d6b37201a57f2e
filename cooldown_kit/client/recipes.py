"""A recipe as it goes to the service: one JSON mapping, in which relative paths do not depend on where it lay."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, get_args

from pydantic import BaseModel

from cooldown_kit import connector as connectors
from cooldown_kit.errors import CooldownError, InputError, RecipeError
from cooldown_kit.guard.marks import Reach, mark_of
from cooldown_kit.yaml_source import parse_yaml

if TYPE_CHECKING:
    from cooldown_kit.recipe import Recipe

RecipeLike = Union[str, Path, Mapping[str, Any], "Recipe"]


def recipe_content(recipe: RecipeLike, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The recipe as JSON.

    Args:
        recipe: the path of a YAML file; its text, where it has more than one line; a mapping; or a loaded recipe.
        overrides: ``"train.method=full"`` and the like.

    Paths in it become absolute: relative to the file's folder, else to the current one. A service reads them on its own machine,
    below its roots. Raises :class:`RecipeError` or :class:`InputError` for what is no recipe at all; the service judges the rest.
    """
    from cooldown_kit.recipe import Recipe, apply_override

    data, folder, where = (
        _read(recipe) if not isinstance(recipe, Recipe) else (_dumped(recipe), recipe.folder, "recipe")
    )
    if not isinstance(data, dict):
        raise RecipeError(
            "a recipe is a mapping of keys to values", where=where, remedy="write one with `cooldown init`"
        )
    for override in overrides:
        apply_override(data, override)
    content = _jsonable(data, where)
    assert isinstance(content, dict)
    return _absolute(content, folder.absolute())


def _read(recipe: str | Path | Mapping[str, Any]) -> tuple[Any, Path, str]:
    if isinstance(recipe, Mapping):
        return _jsonable(recipe, "recipe"), Path(), "recipe"
    if isinstance(recipe, str) and "\n" in recipe:
        return parse_yaml(recipe, "recipe").data, Path(), "recipe"
    path = Path(recipe)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            "there is no such recipe",
            where=str(path),
            remedy="give the path of a recipe, or write one with `cooldown init`",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the recipe cannot be read: {error}", where=str(path), remedy="give a readable UTF-8 file"
        ) from error
    return parse_yaml(text, str(path)).data, path.parent, str(path)


def _dumped(recipe: Recipe) -> dict[str, Any]:
    """What was said, and not the defaults: those are the service's."""
    return recipe.model_dump(mode="json", exclude_unset=True)


def _jsonable(value: Any, where: str) -> Any:
    """A copy; dates become text, as a recipe reads them."""
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item, where) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_jsonable(item, where) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if (
        value is None
        or isinstance(value, str | bool | int)
        or (isinstance(value, float) and math.isfinite(value))
    ):
        return value
    raise RecipeError(
        f"{value!r} cannot be a value of a recipe",
        where=where,
        remedy="use text, numbers, lists and mappings",
    )


def _absolute(recipe: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Every option that its declaration marks as a path; what this installation has no connector for stays."""
    from cooldown_kit.recipe import Recipe

    recipe.pop("workspace", None)  # a service has its own
    _complete(recipe, Recipe, folder)
    sources = recipe.get("sources")
    for options in sources.values() if isinstance(sources, dict) else ():
        if isinstance(options, dict) and isinstance(options.get("connector"), str):
            try:
                model = connectors.find(options["connector"]).Options
            except CooldownError:
                continue
            _complete(options, model, folder)
    return recipe


def _complete(data: dict[str, Any], model: type[BaseModel], folder: Path) -> None:
    for name, field in model.model_fields.items():
        if name in data:
            mark = mark_of(field)
            data[name] = _placed(data[name], mark, _models(field.annotation), folder)


def _placed(value: Any, mark: Reach | None, models: list[type[BaseModel]], folder: Path) -> Any:
    if isinstance(value, list):
        return [_placed(item, mark, models, folder) for item in value]
    if isinstance(value, dict):
        for model in models:
            _complete(value, model, folder)
        return value
    if not isinstance(value, str) or mark is None or value in mark.words:
        return value
    if mark.kind == "secret" and value.startswith("file:"):
        return f"file:{_path(value.removeprefix('file:'), folder)}"
    if mark.kind not in ("path", "place", "model") or value.startswith("package:") or "://" in value:
        return value
    if mark.kind != "path" and not _is_there(value, folder):
        return value  # an address, or a name of the hub
    return _path(value, folder)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models that an option's value may be, those in lists included."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _is_there(value: str, folder: Path) -> bool:
    if value.startswith((".", "/", "~")):
        return True
    try:
        return (folder / value).exists()
    except (OSError, ValueError):
        return False


def _path(value: str, folder: Path) -> str:
    """Absolute; wildcards, links and `..` stay what they are."""
    return os.path.join(  # noqa: PTH118 - keeps what `/` would tidy away
        folder, Path(value).expanduser() if value.startswith("~") else value.removeprefix("./")
    )
