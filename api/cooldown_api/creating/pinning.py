"""What a job refers to, found and pinned: a version of a dataset, or a plan with its documents and its resolved options."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.creating.submission import ReadRecipe
from cooldown_api.database.tables import Dataset, Job
from cooldown_api.problems import ProblemError, not_found
from cooldown_kit.client.states import State

_SLACK = 2.0
"""A plan's estimate is held twice over: it is an estimate."""


def find_dataset(session: Session, reference: str, *, lock: bool = False) -> tuple[Dataset, str]:
    """A version of a dataset and the state of the job that makes it; without ``@v3`` the newest that is ready, else the newest.

    Args:
        lock: hold the row until the transaction ends, so that it cannot be deleted meanwhile.

    Raises :class:`ProblemError` ``not-found``.
    """
    name, _, version = reference.partition("@v")
    statement = (
        select(Dataset, Job.state)
        .join(Job, Job.id == Dataset.job_id)
        .where(Dataset.name == name, Dataset.deleted_at.is_(None))
    )
    if version:
        statement = statement.where(Dataset.version == int(version))
    else:
        ready = Job.state == State.SUCCEEDED.value
        statement = statement.order_by(ready.desc(), Dataset.version.desc()).limit(1)
    if lock:
        statement = statement.with_for_update(of=Dataset)
    found = session.execute(statement).first()
    if found is None:
        raise not_found("dataset", reference)
    return found[0], found[1]


def ready_dataset(session: Session, reference: str, *, lock: bool = False) -> Dataset:
    """The same, with its documents. Raises :class:`ProblemError` ``conflict`` where it is not made yet, or could not be."""
    dataset, state = find_dataset(session, reference, lock=lock)
    if state != State.SUCCEEDED.value:
        raise ProblemError(
            "conflict",
            f"{dataset.reference} is not ready: {dataset.job_id}, which makes it, is {state}",
            where="dataset",
            remedy="wait until that job has succeeded",
        )
    return dataset


def recipe_of_plan(plan: Job) -> tuple[ReadRecipe, Path | None, float | None]:
    """Of a plan: the recipe with its training options as they were resolved, the folder of the documents that it kept, and the seconds to hold.

    Raises :class:`ProblemError` ``conflict`` where the plan has not succeeded, or found that the recipe cannot run.
    """
    shown: dict[str, Any] = (plan.result or {}).get("plan") or {}
    if plan.state != State.SUCCEEDED.value or not shown:
        raise ProblemError(
            "conflict",
            f"{plan.id} is {plan.state}: only a plan that succeeded can be run",
            where="plan",
            remedy="wait for it, or make another plan",
        )
    errors = [finding for finding in shown.get("findings", ()) if finding.get("level") == "error"]
    if errors:
        raise ProblemError(
            "conflict",
            f"{plan.id} found that its recipe cannot run: {errors[0].get('text', '')}",
            where="plan",
            remedy="change the recipe and plan it again",
        )
    recipe = deepcopy(plan.recipe)
    recipe["train"] = {**recipe.get("train", {}), **shown.get("train", {})}
    kept = shown.get("dataset") or recipe.get("dataset")
    seconds = shown.get("seconds")
    return ReadRecipe(plan.name, recipe), Path(kept) if kept else None, seconds * _SLACK if seconds else None
