"""Where the files of jobs lie on the shared path, and what their children are told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

from cooldown_api.creating.policy import policy_of, recipe_folder
from cooldown_api.database.tables import Attempt, Dataset, Job
from cooldown_api.settings import Settings
from cooldown_kit.engine.spec import Kind, RaySpec, Spec


def attempt_folder(settings: Settings, job: Job, number: int) -> Path:
    return settings.project_dir(job.project_id) / "attempts" / job.id / str(number)


def plan_documents(settings: Settings, project: str, plan_id: str) -> Path:
    """The documents that a plan kept, for a job that is to run just what was shown."""
    return settings.project_dir(project) / "plans" / plan_id


def spec_of(settings: Settings, job: Job, attempt: Attempt, dataset: Dataset | None) -> Spec:
    """What the child of an attempt is told.

    Args:
        dataset: the version that the job makes, where it makes one.
    """
    project = settings.project_dir(job.project_id)
    keep = dataset.folder if dataset else None
    if job.kind == "plan":
        keep = str(plan_documents(settings, job.project_id, job.id))
    return Spec(
        job=job.id,
        attempt=attempt.number,
        kind=cast("Kind", job.kind),
        recipe=job.recipe,
        folder=str(recipe_folder(settings, job.project_id)),
        workspace=str(project / "workspace"),
        policy=_policy(settings, job, attempt.executor),
        keep=keep,
        gpus=job.gpus,
        orphan_seconds=settings.worker.orphan_seconds,
        grace_seconds=settings.worker.grace_seconds,
        request_id=job.request_id,
        traceparent=job.traceparent,
        ray=_ray(settings) if attempt.executor == "ray" else None,
    )


def _policy(settings: Settings, job: Job, executor: str) -> dict[str, object]:
    """The operator's, and what the service itself keeps for the project: uploads, datasets, documents of plans."""
    policy = policy_of(settings, job.project_id)
    project = settings.project_dir(job.project_id)
    own = tuple(project / name for name in ("files", "datasets", "plans"))
    more = {
        "roots": (*policy.roots, *own),
        "local_ports": executor == "ray",
    }  # Ray speaks to itself on loopback
    return policy.model_copy(update=more).model_dump(mode="json")


def _ray(settings: Settings) -> RaySpec:
    python = settings.worker.ray_python or sys.executable
    return RaySpec(
        address=settings.worker.ray_address or None,
        command=[python, "-P", "-m", "cooldown_kit.engine.runner"],
    )
