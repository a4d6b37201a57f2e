"""The cells of studies: one for each arm and seed, the newest job of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.database import tables
from cooldown_kit.client import wire


def view_studies(session: Session, studies: Sequence[tables.Study], *, evidence: bool) -> list[wire.Study]:
    """With one query for the jobs of all. ``evidence``: with what each job showed, which is large."""
    job = tables.Job
    columns: list[Any] = [job.study_id, job.arm, job.recipe["seed"].as_integer(), job.id, job.state]
    if evidence:
        columns.append(job.result)
    ids = [study.id for study in studies]
    found: dict[str, dict[tuple[str, int], wire.StudyCell]] = {id: {} for id in ids}
    for study_id, arm, seed, id, state, *result in session.execute(
        select(*columns).where(job.study_id.in_(ids)).order_by(job.id)
    ):
        # a rerun comes later, and stands for its cell
        shown = (result[0] or {}).get("evidence", []) if result else []
        found[study_id][arm, seed] = wire.StudyCell(arm=arm, seed=seed, job=id, state=state, evidence=shown)
    return [_view(study, list(found[study.id].values())) for study in studies]


def view_study(session: Session, study: tables.Study) -> wire.Study:
    return view_studies(session, [study], evidence=True)[0]


def _view(study: tables.Study, cells: list[wire.StudyCell]) -> wire.Study:
    return wire.Study(
        id=study.id,
        name=study.name,
        project=study.project_id,
        arms=study.arms,
        seeds=study.seeds,
        cells=cells,
        created_by=study.created_by,
        created_at=study.created_at,
    )
