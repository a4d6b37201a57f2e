"""A version of a dataset from what a caller asks for: a job that harvests and curates, and the row that will hold what it makes."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.creating.submission import new_job, read_recipe
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Dataset, Job
from cooldown_api.jobs.standing import lock_project
from cooldown_api.jobs.submit import submit
from cooldown_kit.client import wire


def prepare_dataset(access: Access, body: wire.DatasetCreate) -> Callable[[Session], tuple[Dataset, Job]]:
    """The next version of that name. Raises :class:`ProblemError` for whatever is wrong with the request."""
    recipe = read_recipe(body.recipe, access.service.settings, access.project)

    def make(session: Session) -> tuple[Dataset, Job]:
        new = new_job(access, "dataset", recipe, gpus=0, priority=body.priority, labels=body.metadata)
        standing = access.standing(session)
        lock_project(session, standing.project)  # versions are numbered one by one
        job = submit(session, standing, new)
        newest = session.scalar(select(func.max(Dataset.version)).where(Dataset.name == body.name)) or 0
        folder = access.service.settings.project_dir(access.project) / "datasets" / body.name
        dataset = Dataset(
            id=new_id("ds"),
            project_id=access.project,
            name=body.name,
            version=newest + 1,
            job_id=job.id,
            recipe=recipe.stored,
            folder=str(folder / f"v{newest + 1}"),
            created_at=standing.now,
        )
        session.add(dataset)
        access.audit(session, "dataset.create", dataset.reference, job=job.id)
        return dataset, job

    return make
