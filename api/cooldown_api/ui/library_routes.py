"""Pages of what jobs share: datasets with their versions, and studies with their cells."""

from __future__ import annotations

from dataclasses import dataclass

import yaml
from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import select

from cooldown_api.access import Editor, Viewer
from cooldown_api.creating.pinning import find_dataset
from cooldown_api.database.tables import Job
from cooldown_api.operations import datasets, studies
from cooldown_api.pages import Cursor, PageCursor
from cooldown_api.parameters import DatasetPath, Id
from cooldown_api.reading.views import view_dataset
from cooldown_api.ui.evidence import EvidenceLine, evidence_lines
from cooldown_api.ui.job_lines import line
from cooldown_api.ui.origin import same_origin
from cooldown_api.ui.page import page
from cooldown_api.ui.page_route import PageRoute
from cooldown_kit.client import wire

router = APIRouter(route_class=PageRoute)
_MOST_USES = 50
_WHOLE = "all"
"""The line of the evidence that stands for a cell."""


@router.get("/datasets")
def datasets_page(access: Viewer, cursor: PageCursor) -> Response:
    return page(access, "datasets.html.j2", listed=datasets.list_datasets(access, cursor))


@router.get("/datasets/{reference}")
def dataset_page(access: Viewer, reference: DatasetPath) -> Response:
    """One version: what it holds, what it was made from, and which jobs use it."""
    with access.read() as session:
        row, state = find_dataset(session, reference)
        shown = view_dataset(row, state)
        uses = session.scalars(
            select(Job).where(Job.dataset_id == row.id).order_by(Job.id.desc()).limit(_MOST_USES)
        ).all()
        recipe = yaml.safe_dump(row.recipe, sort_keys=False, allow_unicode=True, width=100)
    versions = datasets.list_dataset_versions(access, shown.name, Cursor(None, 100))
    return page(
        access,
        "dataset.html.j2",
        dataset=shown,
        versions=versions.data,
        uses=[line(job) for job in uses],
        recipe=recipe,
        streams=_streams(shown.summary),
    )


@router.post("/datasets/{reference}/delete", dependencies=[Depends(same_origin)])
def delete_dataset(access: Editor, reference: DatasetPath) -> Response:
    datasets.delete_dataset(access, reference)
    return RedirectResponse("/datasets", 303)


@dataclass(frozen=True)
class Counters:
    """One stream of a dataset: its counters, and documents dropped by reason."""

    stream: str
    numbers: dict[str, int]
    dropped: dict[str, int]


def _streams(summary: dict[str, object] | None) -> list[Counters]:
    """Of a summary, whose streams are mappings of counters."""
    inner = (summary or {}).get("streams", summary or {})
    found = []
    for name, counters in inner.items() if isinstance(inner, dict) else ():
        if not isinstance(counters, dict):
            continue
        dropped = counters.get("dropped")
        found.append(
            Counters(
                str(name),
                {key: value for key, value in counters.items() if isinstance(value, int)},
                dict(dropped) if isinstance(dropped, dict) else {},
            )
        )
    return found


@dataclass(frozen=True)
class Cell:
    """A cell of a study: its job, and the whole of its evidence."""

    cell: wire.StudyCell
    evidence: EvidenceLine | None


@router.get("/studies")
def studies_page(access: Viewer, cursor: PageCursor) -> Response:
    return page(access, "studies.html.j2", listed=studies.list_studies(access, cursor))


@router.get("/studies/{id}")
def study_page(access: Viewer, id: Id) -> Response:
    """Arms by seeds, each with its difference and interval on one scale."""
    study = studies.get_study(access, id)
    wholes = [next((suite for suite in cell.evidence if suite.name == _WHOLE), None) for cell in study.cells]
    lines = iter(evidence_lines([suite for suite in wholes if suite is not None]))
    cells = {
        (cell.arm, cell.seed): Cell(cell, next(lines) if suite is not None else None)
        for cell, suite in zip(study.cells, wholes, strict=True)
    }
    arms = {
        arm: yaml.safe_dump(changes, sort_keys=False) if changes else ""
        for arm, changes in study.arms.items()
    }
    return page(access, "study.html.j2", study=study, cells=cells, arms=arms)


@router.post("/studies/{id}/cancel", dependencies=[Depends(same_origin)])
def cancel_study(access: Editor, id: Id) -> Response:
    return RedirectResponse(f"/studies/{studies.cancel_study(access, id).id}", 303)
