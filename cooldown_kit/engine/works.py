"""What each kind of job does: the only part of a child that knows the pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cooldown_kit.client.states import Reason
from cooldown_kit.engine.ending import ArtefactFile
from cooldown_kit.engine.spec import Spec
from cooldown_kit.errors import CooldownError, RecipeError
from cooldown_kit.events import Emit

if TYPE_CHECKING:
    from cooldown_kit.recipe import Recipe


@dataclass(frozen=True)
class Outcome:
    """What a job's work came to."""

    result: dict[str, Any]
    artefacts: list[ArtefactFile] = field(default_factory=list)


Work = Callable[[Spec, Path, Emit, Callable[[], bool]], Outcome]
"""Given the spec, the attempt's folder, where events go, and whether to stop. Raises ``Stopped`` once it has stopped."""


class Refused(CooldownError):
    """The operator's policy refuses the recipe."""

    reason = Reason.REFUSED


def run(spec: Spec, folder: Path, emit: Emit, should_stop: Callable[[], bool]) -> Outcome:
    """The whole recipe."""
    from cooldown_kit import pipeline
    from cooldown_kit.engine.outcome import artefacts_of, result_of

    recipe = recipe_of(spec)
    done = pipeline.run(recipe, on_event=emit, should_stop=should_stop, wait_for_locks=True)
    return Outcome(result_of(recipe, done, spec.job), artefacts_of(done.run_path, folder))


def plan(spec: Spec, folder: Path, emit: Emit, should_stop: Callable[[], bool]) -> Outcome:
    """A dry run. Its documents are kept for a job that is to run just what was shown."""
    del folder
    from cooldown_kit import pipeline

    recipe = recipe_of(spec)
    made = pipeline.plan(recipe, on_event=emit, should_stop=should_stop, wait_for_locks=True)
    result: dict[str, Any] = {"plan": json.loads(made.to_json())}
    if spec.keep is not None and recipe.dataset is None:
        kept = pipeline.keep_dataset(
            recipe, Path(spec.keep), on_event=emit, should_stop=should_stop, wait_for_locks=True
        )
        result["plan"]["dataset"] = str(kept.path)
        result["documents"] = {"digest": kept.digest}
    return Outcome(result)


def dataset(spec: Spec, folder: Path, emit: Emit, should_stop: Callable[[], bool]) -> Outcome:
    """Harvested and curated documents, kept under a name."""
    del folder
    from cooldown_kit import pipeline

    assert spec.keep is not None, "who queues a dataset chooses its folder"
    kept = pipeline.keep_dataset(
        recipe_of(spec), Path(spec.keep), on_event=emit, should_stop=should_stop, wait_for_locks=True
    )
    return Outcome({"documents": {"digest": kept.digest, "summary": dict(kept.summary)}})


WORKS: Mapping[str, Work] = {"run": run, "plan": plan, "dataset": dataset}


def recipe_of(spec: Spec) -> Recipe:
    """The recipe in the workspace that the service chose, held to the operator's policy.

    Raises :class:`RecipeError`, or :class:`Refused`.
    """
    from cooldown_kit.recipe import Recipe

    recipe = Recipe.parse(
        {**spec.recipe, "workspace": spec.workspace}, folder=spec.folder, where=f"the recipe of {spec.job}"
    )
    if spec.policy is not None:
        from cooldown_kit.guard import Policy, check_recipe

        try:
            check_recipe(recipe, Policy.model_validate(spec.policy), workspace=Path(spec.workspace))
        except RecipeError as error:
            raise Refused(error.what, where=error.where, remedy=error.remedy) from error
    return recipe
