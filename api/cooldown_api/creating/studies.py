"""A study from what a caller asks for: a job for each arm and seed, all or none."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.creating.jobs import Documents
from cooldown_api.creating.submission import ReadRecipe, new_job, read_recipe
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Study
from cooldown_api.jobs.submit import submit
from cooldown_api.problems import ProblemError
from cooldown_kit.client import wire


def prepare_study(access: Access, body: wire.StudyCreate) -> Callable[[Session], Study]:
    """Arms share what they have in common. Raises :class:`ProblemError` for whatever is wrong with the request or with one arm."""
    if len(set(body.seeds)) != len(body.seeds):
        raise ProblemError("validation", "a seed is given twice", where="seeds", remedy="give each once")
    documents = Documents.of(access, body.dataset)
    arms = {
        arm: read_recipe(
            body.recipe,
            access.service.settings,
            access.project,
            overrides=changes,
            documents=documents.folder,
        )
        for arm, changes in body.arms.items()
    }
    return lambda session: _submit(access, session, body, arms, documents)


def _submit(
    access: Access,
    session: Session,
    body: wire.StudyCreate,
    arms: dict[str, ReadRecipe],
    documents: Documents,
) -> Study:
    standing = access.standing(session)
    study = Study(
        id=new_id("study"),
        project_id=access.project,
        name=body.name,
        recipe=next(iter(arms.values())).stored,
        arms=body.arms,
        seeds=list(body.seeds),
        created_by=access.principal.actor,
        created_at=standing.now,
    )
    session.add(study)
    session.flush()  # its jobs refer to it
    pinned = documents.pin(session)
    for arm, recipe in arms.items():
        for seed in body.seeds:
            seeded = ReadRecipe(recipe.name, {**recipe.stored, "seed": seed})
            new = new_job(
                access,
                "run",
                seeded,
                gpus=standing.gpus(body.gpus),
                priority=body.priority,
                labels=body.metadata,
                study_id=study.id,
                arm=arm,
                **pinned,
            )
            submit(session, standing, new)
    access.audit(session, "study.create", study.id, name=study.name, jobs=len(arms) * len(body.seeds))
    session.flush()
    return study
