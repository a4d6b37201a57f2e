"""Jobs from what a caller asks for. What is slow is done at once; the function that is returned submits, inside of a transaction.

The routes, the OpenAI facade and the pages for people all create jobs here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.creating.pinning import ready_dataset, recipe_of_plan
from cooldown_api.creating.submission import ReadRecipe, new_job, read_recipe
from cooldown_api.database.tables import Dataset, Job
from cooldown_api.jobs.load import load_job
from cooldown_api.jobs.standing import Standing
from cooldown_api.jobs.storage import check_storage
from cooldown_api.jobs.submit import NewJob, submit
from cooldown_api.problems import ProblemError
from cooldown_kit.client import wire

Submit = Callable[[Session], Job]


@dataclass(frozen=True)
class Documents:
    """A dataset that stands in for a recipe's sources."""

    reference: str | None = None
    folder: Path | None = None

    @classmethod
    def of(cls, access: Access, reference: str | None) -> Documents:
        """Raises :class:`ProblemError` where it is not there, or not made yet."""
        if reference is None:
            return cls()
        with access.read() as session:
            found = ready_dataset(session, reference)
            return cls(found.reference, Path(found.folder))

    def pin(self, session: Session) -> dict[str, Any]:
        """What a new job says of it; it cannot be deleted until the transaction ends."""
        if self.reference is None:
            return {}
        found: Dataset = ready_dataset(session, self.reference, lock=True)
        return {"documents": found.folder, "dataset_id": found.id}


def prepare_job(access: Access, body: wire.JobCreate, *, facade: dict[str, Any] | None = None) -> Submit:
    """A run of a recipe, or of a plan. Raises :class:`ProblemError` for whatever is wrong with the request."""
    if (body.recipe is None) == (body.plan is None):
        raise ProblemError(
            "validation",
            "say either `recipe` or `plan`",
            where="recipe",
            remedy="a plan has its recipe with it",
        )
    if body.plan is not None:
        return _prepare_planned(access, body, body.plan, facade)
    assert body.recipe is not None
    documents = Documents.of(access, body.dataset)
    recipe = read_recipe(body.recipe, access.service.settings, access.project, documents=documents.folder)

    def run(session: Session) -> Job:
        standing = access.standing(session)
        new = new_job(
            access,
            "run",
            recipe,
            gpus=standing.gpus(body.gpus),
            priority=body.priority,
            executor=body.executor,
            max_duration_seconds=body.max_duration_seconds,
            max_attempts=body.max_attempts,
            labels=body.metadata,
            facade=facade,
            **documents.pin(session),
        )
        return _submit(access, session, standing, new)

    return run


def _prepare_planned(
    access: Access, body: wire.JobCreate, plan_id: str, facade: dict[str, Any] | None
) -> Submit:
    if body.dataset is not None:
        raise ProblemError(
            "validation",
            "a plan has its documents with it",
            where="dataset",
            remedy="leave `dataset` out, or plan with it",
        )
    with access.read() as session:
        plan = load_job(session, plan_id, "plan")
        recipe, documents, seconds = recipe_of_plan(plan)

    def run(session: Session) -> Job:
        given = body.model_fields_set
        standing = access.standing(session)
        new = new_job(
            access,
            "run",
            recipe,
            gpus=standing.gpus(body.gpus) if "gpus" in given else plan.gpus,
            priority=body.priority if "priority" in given else plan.priority,
            executor=body.executor if "executor" in given else plan.executor,
            max_duration_seconds=body.max_duration_seconds,
            max_attempts=body.max_attempts,
            labels=body.metadata if "metadata" in given else plan.labels,
            documents=str(documents) if documents else None,
            dataset_id=plan.dataset_id,
            plan_id=plan.id,
            hold_seconds=seconds,
            facade=facade,
        )
        return _submit(access, session, standing, new)

    return run


def prepare_plan(access: Access, body: wire.PlanCreate) -> Submit:
    """A dry run of a recipe."""
    documents = Documents.of(access, body.dataset)
    recipe = read_recipe(body.recipe, access.service.settings, access.project, documents=documents.folder)

    def run(session: Session) -> Job:
        standing = access.standing(session)
        new = new_job(
            access,
            "plan",
            recipe,
            gpus=standing.gpus(body.gpus),
            priority=body.priority,
            executor=body.executor,
            labels=body.metadata,
            **documents.pin(session),
        )
        return _submit(access, session, standing, new)

    return run


def rerun(access: Access, session: Session, job: Job, body: wire.JobRerun) -> Job:
    """Another job that does what an ended one was to do; stages that are done are found, and a checkpoint goes on.

    Raises :class:`ProblemError` ``conflict`` where it has not ended, or makes a dataset.
    """
    if job.kind == "dataset":
        raise ProblemError(
            "conflict",
            f"{job.id} makes a version of a dataset",
            remedy="ask for the dataset again: that makes its next version",
        )
    dataset = session.get(Dataset, job.dataset_id) if job.dataset_id else None
    if dataset is not None and dataset.deleted_at is not None:
        raise ProblemError(
            "conflict",
            f"{dataset.reference}, which {job.id} used, was deleted",
            remedy="submit its recipe with another dataset",
        )
    recipe = ReadRecipe(job.name, job.recipe)
    longest = body.max_duration_seconds or job.max_duration_seconds
    new = new_job(
        access,
        job.kind,
        recipe,
        gpus=job.gpus if body.gpus is None else body.gpus,
        priority=job.priority if body.priority is None else body.priority,
        executor=job.executor,
        max_duration_seconds=min(longest, access.service.settings.max_duration_seconds)
        if body.max_duration_seconds is None
        else longest,
        max_attempts=job.max_attempts,
        labels=job.labels,
        plan_id=job.plan_id,
        dataset_id=job.dataset_id,
        study_id=job.study_id,
        arm=job.arm,
        rerun_of=job.id,
        facade=job.facade,
    )
    return _submit(access, session, access.standing(session), new)


def _submit(access: Access, session: Session, standing: Standing, new: NewJob) -> Job:
    check_storage(session, access.project, 0)
    job = submit(session, standing, new)
    access.audit(session, f"{new.kind}.create", job.id, name=job.name)
    return job
