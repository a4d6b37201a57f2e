"""Datasets: named versions of harvested and curated documents that later jobs use."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from cooldown_api.access import Editor, Viewer
from cooldown_api.creating.idempotency import IdempotencyKey, once
from cooldown_api.http.openapi_document import links
from cooldown_api.operations import datasets
from cooldown_api.pages import PageCursor
from cooldown_api.parameters import DatasetPath, DatasetVersionPath, NamePath
from cooldown_api.routes.answers import may_answer, may_answer_creating
from cooldown_kit.client import wire

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

    return once(
        access,
        key,
        "create_dataset",
        body,
        202,
        lambda: datasets.dataset_maker(access, body),
        lambda made: f"/v1/datasets/{made.reference}",
    )


@router.get("/datasets", operation_id="list_datasets", summary="List datasets", responses=may_answer())
def list_datasets(
    access: Viewer,
    cursor: PageCursor,
    name: Annotated[wire.Name | None, Query(description="Versions of this one only.")] = None,
) -> wire.Page[wire.Dataset]:
    """Every version of every dataset, newest first."""
    return datasets.list_datasets(access, cursor, name)


@router.get(
    "/datasets/{reference}",
    operation_id="get_dataset",
    summary="Get a version of a dataset",
    responses=may_answer("not-found"),
)
def get_dataset(access: Viewer, reference: DatasetPath) -> wire.Dataset:
    """`billing@v3`, or `billing` for its newest version that is ready (or, where none is, its newest)."""
    return datasets.get_dataset(access, reference)


@router.get(
    "/datasets/{name}/versions",
    operation_id="list_dataset_versions",
    summary="List the versions of a dataset",
    responses=may_answer("not-found"),
)
def list_dataset_versions(access: Viewer, name: NamePath, cursor: PageCursor) -> wire.Page[wire.Dataset]:
    """Newest first."""
    return datasets.list_dataset_versions(access, name, cursor)


@router.delete(
    "/datasets/{reference}",
    operation_id="delete_dataset",
    summary="Delete a version of a dataset",
    responses=may_answer("not-found", "conflict"),
)
def delete_dataset(access: Editor, reference: DatasetVersionPath) -> wire.Deleted:
    """Its documents go; its number is not given again. Refused while a job that has not ended uses or makes it."""
    return datasets.delete_dataset(access, reference)
