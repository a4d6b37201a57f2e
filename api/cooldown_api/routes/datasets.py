"""Datasets: named versions of harvested and curated documents that later jobs use."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access, Editor, Viewer
from cooldown_api.creating.idempotency import IdempotencyKey, Make, once
from cooldown_api.creating.pinning import find_dataset
from cooldown_api.creating.submission import ReadRecipe, new_job, read_recipe
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Dataset, Job
from cooldown_api.http.openapi_document import links
from cooldown_api.jobs.standing import lock_project
from cooldown_api.jobs.submit import submit
from cooldown_api.pages import Cursor, PageCursor, page_of, select_page
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.reading.views import reference_of, view_dataset
from cooldown_api.routes.parameters import (
    DatasetPath,
    DatasetVersionPath,
    NamePath,
    may_answer,
    may_answer_creating,
)
from cooldown_api.values import check_body
from cooldown_kit.client import wire
from cooldown_kit.client.states import ENDED

router = APIRouter(tags=["datasets"])


@router.post(
    "/datasets",
    operation_id="create_dataset",
    summary="Make a version of a dataset",
    status_code=202,
    response_model=wire.Dataset,
    responses={**may_answer_creating(), **links(202, "get_dataset", of="reference", parameter="reference")},
)
def create_dataset(access: Editor, body: wire.DatasetCreate, key: IdempotencyKey = None) -> JSONResponse:
    """Queue a job that harvests and curates, and keeps the documents. Each time it is asked for is one more version."""

    def prepare() -> Make:
        check_body(body)
        recipe = read_recipe(body.recipe, access.service.settings, access.project)

        def make(session: Session) -> wire.Dataset:
            dataset, job = _make(access, session, body, recipe)
            return view_dataset(dataset, job.state)

        return make

    return once(
        access, key, "create_dataset", body, 202, prepare, lambda made: f"/v1/datasets/{made.reference}"
    )


def _make(
    access: Access, session: Session, body: wire.DatasetCreate, recipe: ReadRecipe
) -> tuple[Dataset, Job]:
    new = new_job(access, "dataset", recipe, gpus=0, priority=body.priority, labels=body.metadata)
    standing = access.standing(session)
    lock_project(session, standing.project)  # versions are numbered one by one
    job = submit(session, standing, new)
    newest = session.scalar(select(func.max(Dataset.version)).where(Dataset.name == body.name)) or 0
    folder = access.service.settings.project_dir(access.project) / "datasets" / body.name / f"v{newest + 1}"
    dataset = Dataset(
        id=new_id("ds"),
        project_id=access.project,
        name=body.name,
        version=newest + 1,
        job_id=job.id,
        recipe=recipe.stored,
        folder=str(folder),
        created_at=standing.now,
    )
    session.add(dataset)
    access.audit(session, "dataset.create", reference_of(dataset), job=job.id)
    return dataset, job


@router.get("/datasets", operation_id="list_datasets", summary="List datasets", responses=may_answer())
def list_datasets(
    access: Viewer,
    cursor: PageCursor,
    name: Annotated[wire.Name | None, Query(description="Versions of this one only.")] = None,
) -> wire.Page[wire.Dataset]:
    """Every version of every dataset, newest first."""
    with access.read() as session:
        return _page(session, cursor, name)


@router.get(
    "/datasets/{reference}",
    operation_id="get_dataset",
    summary="Get a version of a dataset",
    responses=may_answer("not-found"),
)
def get_dataset(access: Viewer, reference: DatasetPath) -> wire.Dataset:
    """`billing@v3`, or `billing` for its newest version that is ready (or, where none is, its newest)."""
    with access.read() as session:
        return view_dataset(*find_dataset(session, reference))


@router.get(
    "/datasets/{name}/versions",
    operation_id="list_dataset_versions",
    summary="List the versions of a dataset",
    responses=may_answer("not-found"),
)
def list_dataset_versions(access: Viewer, name: NamePath, cursor: PageCursor) -> wire.Page[wire.Dataset]:
    """Newest first."""
    with access.read() as session:
        known = select(Dataset.id).where(Dataset.name == name, Dataset.deleted_at.is_(None)).limit(1)
        if session.scalar(known) is None:
            raise not_found("dataset", name)
        return _page(session, cursor, name)


def _page(session: Session, cursor: Cursor, name: str | None) -> wire.Page[wire.Dataset]:
    statement = select(Dataset).where(Dataset.deleted_at.is_(None))
    if name is not None:
        statement = statement.where(Dataset.name == name)
    rows, more = select_page(session, statement, Dataset.id, cursor)
    jobs = select(Job.id, Job.state).where(Job.id.in_([row.job_id for row in rows]))
    states = {row.id: row.state for row in session.execute(jobs)}
    return page_of([view_dataset(row, states[row.job_id]) for row in rows], more)


@router.delete(
    "/datasets/{reference}",
    operation_id="delete_dataset",
    summary="Delete a version of a dataset",
    responses=may_answer("not-found", "conflict"),
)
def delete_dataset(access: Editor, reference: DatasetVersionPath) -> wire.Deleted:
    """Its documents go; its number is not given again. Refused while a job that has not ended uses or makes it."""
    with access.write() as session:
        dataset, _ = find_dataset(session, reference, lock=True)
        _refuse_used(session, dataset)
        dataset.deleted_at = access.now(session)
        access.audit(session, "dataset.delete", reference)
    shutil.rmtree(Path(dataset.folder), ignore_errors=True)
    return wire.Deleted(id=dataset.id, object="dataset")


def _refuse_used(session: Session, dataset: Dataset) -> None:
    uses = (Job.dataset_id == dataset.id) | (Job.id == dataset.job_id)
    unfinished = Job.state.not_in([state.value for state in ENDED])
    jobs = session.scalars(select(Job.id).where(uses, unfinished).order_by(Job.id).limit(4)).all()
    if jobs:
        named = ", ".join(jobs[:3]) + (" and others" if len(jobs) > 3 else "")
        raise ProblemError(
            "conflict",
            f"{reference_of(dataset)} is used by jobs that have not ended: {named}",
            remedy="wait for them, or cancel them",
        )
