"""Datasets: named versions of harvested and curated documents that later jobs use."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.creating.datasets import prepare_dataset
from cooldown_api.creating.pinning import find_dataset
from cooldown_api.database.tables import Dataset, Job
from cooldown_api.pages import Cursor, page_of, select_page
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.reading.views import view_dataset
from cooldown_api.values import check_body
from cooldown_kit.client import wire
from cooldown_kit.client.states import ENDED


def dataset_maker(access: Access, body: wire.DatasetCreate) -> Callable[[Session], wire.Dataset]:
    """The next version of that name. Raises :class:`ProblemError` for whatever is wrong with the request."""
    check_body(body)
    prepared = prepare_dataset(access, body)

    def make(session: Session) -> wire.Dataset:
        dataset, job = prepared(session)
        return view_dataset(dataset, job.state)

    return make


def get_dataset(access: Access, reference: str) -> wire.Dataset:
    """`billing@v3`, or `billing` for its newest version that is ready (or, where none is, its newest)."""
    with access.read() as session:
        return view_dataset(*find_dataset(session, reference))


def list_datasets(access: Access, cursor: Cursor, name: str | None = None) -> wire.Page[wire.Dataset]:
    """Every version of every dataset, or of the one of that name; newest first."""
    with access.read() as session:
        return _page(session, cursor, name)


def list_dataset_versions(access: Access, name: str, cursor: Cursor) -> wire.Page[wire.Dataset]:
    """Newest first. Raises :class:`ProblemError` ``not-found`` where there is none."""
    with access.read() as session:
        known = select(Dataset.id).where(Dataset.name == name, Dataset.deleted_at.is_(None)).limit(1)
        if session.scalar(known) is None:
            raise not_found("dataset", name)
        return _page(session, cursor, name)


def delete_dataset(access: Access, reference: str) -> wire.Deleted:
    """Its documents go; its number is not given again.

    Raises :class:`ProblemError` ``conflict`` while a job that has not ended uses or makes it.
    """
    with access.write() as session:
        dataset, _ = find_dataset(session, reference, lock=True)
        _refuse_used(session, dataset)
        dataset.deleted_at = access.now(session)
        access.audit(session, "dataset.delete", reference)
    shutil.rmtree(Path(dataset.folder), ignore_errors=True)
    return wire.Deleted(id=dataset.id, object="dataset")


def _page(session: Session, cursor: Cursor, name: str | None) -> wire.Page[wire.Dataset]:
    statement = select(Dataset).where(Dataset.deleted_at.is_(None))
    if name is not None:
        statement = statement.where(Dataset.name == name)
    rows, more = select_page(session, statement, Dataset.id, cursor)
    jobs = select(Job.id, Job.state).where(Job.id.in_([row.job_id for row in rows]))
    states = {row.id: row.state for row in session.execute(jobs)}
    return page_of([view_dataset(row, states[row.job_id]) for row in rows], more)


def _refuse_used(session: Session, dataset: Dataset) -> None:
    uses = (Job.dataset_id == dataset.id) | (Job.id == dataset.job_id)
    unfinished = Job.state.not_in([state.value for state in ENDED])
    jobs = session.scalars(select(Job.id).where(uses, unfinished).order_by(Job.id).limit(4)).all()
    if jobs:
        named = ", ".join(jobs[:3]) + (" and others" if len(jobs) > 3 else "")
        raise ProblemError(
            "conflict",
            f"{dataset.reference} is used by jobs that have not ended: {named}",
            remedy="wait for them, or cancel them",
        )
