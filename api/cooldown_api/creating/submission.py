"""From a request to a job: the recipe is read and held against the operator's policy, and whatever it refers to is pinned.

Reading a recipe may take a second, so it is done before the transaction that queues the job (:func:`read_recipe`, then
:func:`new_job` inside of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cooldown_api.access import Access
from cooldown_api.creating.policy import policy_of, recipe_folder
from cooldown_api.jobs.submit import NewJob
from cooldown_api.problems import ProblemError
from cooldown_api.settings import Settings
from cooldown_api.values import MOST_VALUES, check_values, scrub
from cooldown_kit.client.wire import RecipeContent
from cooldown_kit.errors import RecipeError
from cooldown_kit.guard import check_recipe
from cooldown_kit.recipe import Recipe
from cooldown_kit.yaml_source import YamlSource, parse_yaml

LONGEST_TEXT: Final = 1 << 17
"""Characters of a recipe's YAML: reading it takes about ten seconds for each million."""
_LONGEST_MESSAGE: Final = 4000


@dataclass(frozen=True)
class ReadRecipe:
    """A recipe that is valid and allowed."""

    name: str
    stored: dict[str, Any]
    """As jobs keep it: every option written out. The folders that the service chooses itself, workspace and pinned dataset, are not in it."""


def read_recipe(
    content: RecipeContent,
    settings: Settings,
    project: str,
    *,
    overrides: Mapping[str, Any] | None = None,
    documents: Path | None = None,
) -> ReadRecipe:
    """Validate a recipe and hold it against the policy; nothing that it names is opened.

    Args:
        overrides: dotted options that replace the recipe's own (an arm of a study).
        documents: folder of a dataset that stands in for the sources; the recipe may then leave them out.

    Raises :class:`ProblemError`: ``validation`` for what no recipe may hold, ``recipe`` that lists everything wrong with its line
    and the nearest key, ``refused`` for what the operator does not allow.
    """
    source = _source(content)
    data = source.data
    if isinstance(data, dict):
        if "workspace" in data:
            raise ProblemError(
                "recipe", "a service chooses the workspace itself", where="workspace", remedy="leave it out"
            )
        for key, value in (overrides or {}).items():
            _override(data, key, value)
        if documents is not None:
            if data.get("dataset") is not None:
                raise ProblemError(
                    "recipe",
                    "the request and its recipe both name a dataset",
                    where="dataset",
                    remedy="name one",
                )
            data["dataset"] = str(documents)
    recipe = _parse(source, recipe_folder(settings, project))
    if documents is not None:
        recipe = recipe.model_copy(update={"dataset": None})
    _check_policy(recipe, settings, project)
    stored = recipe.model_dump(mode="json", exclude={"workspace"})
    check_values(stored, "recipe")
    return ReadRecipe(recipe.name, stored)


def new_job(
    access: Access,
    kind: str,
    recipe: ReadRecipe,
    *,
    gpus: int,
    priority: int,
    executor: str = "local",
    max_duration_seconds: int | None = None,
    max_attempts: int | None = None,
    documents: str | None = None,
    **more: Any,
) -> NewJob:
    """What is submitted, with the service's defaults. ``documents``: folder of the dataset that the job uses.

    Raises :class:`ProblemError` ``validation`` where it may not run that long.
    """
    settings = access.service.settings
    longest = settings.max_duration_seconds
    if max_duration_seconds is not None and max_duration_seconds > longest:
        raise ProblemError(
            "validation",
            f"a job may run for {longest:,} seconds here",
            where="max_duration_seconds",
            remedy="ask for less, or leave it out",
        )
    stored = recipe.stored if documents is None else {**recipe.stored, "dataset": documents}
    return NewJob(
        kind=kind,
        name=recipe.name,
        recipe=stored,
        priority=priority,
        gpus=gpus,
        executor=executor,
        max_attempts=max_attempts or settings.max_attempts,
        max_duration_seconds=max_duration_seconds or longest,
        created_by=access.principal.actor,
        request_id=access.request_id,
        traceparent=_traceparent(access),
        **more,
    )


def _source(content: RecipeContent) -> YamlSource:
    if isinstance(content, str):
        if len(content) > LONGEST_TEXT:
            raise ProblemError(
                "recipe",
                f"the recipe has {len(content):,} characters; {LONGEST_TEXT:,} may be",
                remedy="leave out what is at its default",
            )
        try:
            source = parse_yaml(content, "recipe", most_nodes=MOST_VALUES)
        except RecipeError as error:
            raise _told(error) from None
        check_values(source.data, "recipe")
        return source
    check_values(content, "recipe")
    return YamlSource(deepcopy(content))  # overrides are set in it, and the request must stay as it came


def _parse(source: YamlSource, folder: Path) -> Recipe:
    try:
        return Recipe.parse(source, folder=folder)
    except RecipeError as error:
        raise _told(error) from None


def _check_policy(recipe: Recipe, settings: Settings, project: str) -> None:
    try:
        check_recipe(recipe, policy_of(settings, project))
    except RecipeError as error:
        raise _told(error, "refused") from None


def _told(error: RecipeError, code: str = "recipe") -> ProblemError:
    """In the recipe's own words, without what looks like a credential, and cut where ten thousand things are wrong."""
    what = scrub(error.what)
    if len(what) > _LONGEST_MESSAGE:
        what = what[:_LONGEST_MESSAGE].rpartition("\n")[0] + "\n  … and more"
    where = scrub(error.where) if error.where else None
    return ProblemError(code, what, where=where, remedy=scrub(error.remedy) if error.remedy else None)


def _override(data: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, last = dotted.split(".")
    target = data
    for parent in parents:
        child = target.setdefault(parent, {})
        if not isinstance(child, dict):
            raise ProblemError(
                "recipe", f"`{parent}` holds a value, so nothing can be set below it", where=f"arms: {dotted}"
            )
        target = child
    target[last] = value


def _traceparent(access: Access) -> str | None:
    """W3C Trace Context of the request (of its own span, where there is one), so that the attempt's spans belong to its trace."""
    found: str | None = getattr(access.request.state, "traceparent", None)
    return found
