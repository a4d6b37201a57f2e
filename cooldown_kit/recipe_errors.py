"""What is wrong with a recipe, for a person: the place, the nearest known key, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, NoReturn, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from cooldown_kit.errors import RecipeError
from cooldown_kit.yaml_source import Location, YamlSource


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong at one place of the recipe."""

    location: Location
    what: str
    remedy: str | None = None


def problems_of(error: ValidationError, model: type[BaseModel], prefix: Location = ()) -> list[Problem]:
    """Every problem in a validation error of ``model``, with the nearest known key where a key is unknown."""
    problems = []
    for item in error.errors(include_url=False):
        location = _without_union_tags(item["loc"], model)
        problems.append(_problem(item, (*prefix, *location), _known_keys(model, location[:-1])))
    return _unique(problems)


def _problem(item: Mapping[str, Any], location: Location, known: Sequence[str]) -> Problem:
    kind, value = item["type"], item.get("input")
    if kind == "extra_forbidden":
        key = str(location[-1])
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        remedy = f"did you mean `{near[0]}`?" if near else f"known keys here: {', '.join(sorted(known))}"
        return Problem(location, f"unknown key `{key}`", remedy)
    if kind == "missing":
        return Problem(location, f"`{location[-1]}` is missing", "add it")
    if kind == "literal_error":
        wanted = item["ctx"]["expected"]
        near = difflib.get_close_matches(
            str(value), [w.strip("' ") for w in wanted.replace(" or ", ",").split(",")], n=1
        )
        return Problem(
            location, f"{value!r} is not one of {wanted}", f"did you mean `{near[0]}`?" if near else None
        )
    if kind == "value_error":
        return Problem(location, item["msg"].removeprefix("Value error, "))
    text = item["msg"][:1].lower() + item["msg"][1:]
    return Problem(location, f"{text}, not {value!r}" if not isinstance(value, (dict, list)) else text)


def raise_problems(
    problems: Sequence[Problem], source: YamlSource, where: str, flags: Mapping[Location, str]
) -> NoReturn:
    """Raise one :class:`RecipeError` that lists all problems in the order of their lines."""

    def place(problem: Problem) -> str:
        for flag_location, flag in flags.items():
            if problem.location[: len(flag_location)] == flag_location:
                return f"--set {flag}"
        line = source.line(problem.location)
        key = ".".join(map(str, problem.location))
        return f"{where}, line {line} ({key})" if line and key else f"{where} ({key})" if key else where

    ordered = sorted(problems, key=lambda p: source.line(p.location) or 0)
    if len(ordered) == 1:
        raise RecipeError(ordered[0].what, where=place(ordered[0]), remedy=ordered[0].remedy)
    lines = [f"  {place(p)}: {p.what}" + (f"; {p.remedy}" if p.remedy else "") for p in ordered]
    raise RecipeError(f"{len(ordered)} things are wrong:\n" + "\n".join(lines), where=where)


def _unique(problems: list[Problem]) -> list[Problem]:
    """A union reports each branch; the person needs one line a place."""
    merged: dict[Location, Problem] = {}
    for problem in problems:
        before = merged.get(problem.location)
        if before is None:
            merged[problem.location] = problem
        elif problem.what not in before.what:
            merged[problem.location] = Problem(
                problem.location, f"{before.what}; or {problem.what}", before.remedy or problem.remedy
            )
    return list(merged.values())


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return [model for branch in get_args(annotation) for model in _models_in(branch)]
    if origin is Annotated:
        return _models_in(get_args(annotation)[0])
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []


def _known_keys(model: type[BaseModel], location: Location) -> list[str]:
    models = [model]
    for part in location:
        found = [
            m
            for parent in models
            if part in parent.model_fields
            for m in _models_in(parent.model_fields[str(part)].annotation)
        ]
        if not found:
            return []
        models = found
    return [name for m in models for name in m.model_fields]


def _without_union_tags(location: Location, model: type[BaseModel]) -> Location:
    """pydantic puts the tried branch of a union into the place (``("mix", "tokens", "int")``); a recipe has no such key."""
    kept: list[str | int] = []
    models = [model]
    free = False  # below a mapping with free keys every part is a key
    for part in location:
        fields = {name: f for m in models for name, f in m.model_fields.items()}
        if models and part in {m.__name__ for m in models}:
            continue
        if not models and not free and isinstance(part, str):
            continue
        kept.append(part)
        if models:
            annotation = fields[str(part)].annotation if part in fields else None
            models = _models_in(annotation)
            free = not models and (annotation is None or "dict[" in str(annotation))
    return tuple(kept)
