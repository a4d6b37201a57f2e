"""Studies: arms times seeds of one recipe, each cell a job, compared at the end."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.access import Access, Editor, Viewer
from cooldown_api.creating.idempotency import IdempotencyKey, Make, once
from cooldown_api.creating.jobs import Documents
from cooldown_api.creating.submission import ReadRecipe, new_job, read_recipe
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Job, Study
from cooldown_api.http.openapi_document import links
from cooldown_api.jobs.control import cancel
from cooldown_api.jobs.load import load_job_to_change
from cooldown_api.jobs.submit import submit
from cooldown_api.pages import PageCursor, page_of, select_page
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.reading.study_cells import view_studies, view_study
from cooldown_api.reading.views import ended
from cooldown_api.routes.parameters import Id, may_answer, may_answer_creating
from cooldown_api.values import check_body
from cooldown_kit.client import wire

router = APIRouter(tags=["studies"])


@router.post(
    "/studies",
    operation_id="create_study",
    summary="Submit a study",
    status_code=201,
    response_model=wire.Study,
    responses={**may_answer_creating("not-found", "conflict"), **links(201, "get_study", "cancel_study")},
)
def create_study(access: Editor, body: wire.StudyCreate, key: IdempotencyKey = None) -> JSONResponse:
    """One job for each arm and seed, all or none. Arms share what they have in common: it is harvested and curated once."""

    def prepare() -> Make:
        check_body(body)
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

    return once(access, key, "create_study", body, 201, prepare, lambda study: f"/v1/studies/{study.id}")


def _submit(
    access: Access,
    session: Session,
    body: wire.StudyCreate,
    arms: dict[str, ReadRecipe],
    documents: Documents,
) -> wire.Study:
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
    return view_study(session, study)


@router.get("/studies", operation_id="list_studies", summary="List studies", responses=may_answer())
def list_studies(access: Viewer, cursor: PageCursor) -> wire.Page[wire.Study]:
    """Newest first, their cells without evidence: that is in each study."""
    with access.read() as session:
        rows, more = select_page(session, select(Study), Study.id, cursor)
        return page_of(view_studies(session, rows, evidence=False), more)


@router.get(
    "/studies/{id}", operation_id="get_study", summary="Get a study", responses=may_answer("not-found")
)
def get_study(access: Viewer, id: Id) -> wire.Study:
    """With a cell for each arm and seed: its newest job and what that showed."""
    with access.read() as session:
        return view_study(session, _load(session, id))


@router.post(
    "/studies/{id}/cancel",
    operation_id="cancel_study",
    summary="Cancel all jobs of a study",
    responses=may_answer("not-found"),
)
def cancel_study(access: Editor, id: Id) -> wire.Study:
    """Jobs that have ended stay as they are. Asking twice changes nothing."""
    with access.write() as session:
        study = _load(session, id)
        now = access.now(session)
        ids = session.scalars(select(Job.id).where(Job.study_id == id).order_by(Job.id)).all()
        for job_id in ids:
            job = load_job_to_change(session, job_id)
            if not ended(job):
                cancel(session, job, now=now)
        access.audit(session, "study.cancel", study.id)
        session.flush()
        return view_study(session, study)


def _load(session: Session, id: str) -> Study:
    study = session.scalar(select(Study).where(Study.id == id))
    if study is None:
        raise not_found("study", id)
    return study
