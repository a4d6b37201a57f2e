"""Studies: arms times seeds of one recipe, each cell a job, compared at the end."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from cooldown_api.access import Editor, Viewer
from cooldown_api.creating.idempotency import IdempotencyKey, once
from cooldown_api.http.openapi_document import links
from cooldown_api.operations import studies
from cooldown_api.pages import PageCursor
from cooldown_api.parameters import Id
from cooldown_api.routes.answers import may_answer, may_answer_creating
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

    return once(
        access,
        key,
        "create_study",
        body,
        201,
        lambda: studies.study_maker(access, body),
        lambda study: f"/v1/studies/{study.id}",
    )


@router.get("/studies", operation_id="list_studies", summary="List studies", responses=may_answer())
def list_studies(access: Viewer, cursor: PageCursor) -> wire.Page[wire.Study]:
    """Newest first, their cells without evidence: that is in each study."""
    return studies.list_studies(access, cursor)


@router.get(
    "/studies/{id}", operation_id="get_study", summary="Get a study", responses=may_answer("not-found")
)
def get_study(access: Viewer, id: Id) -> wire.Study:
    """With a cell for each arm and seed: its newest job and what that showed."""
    return studies.get_study(access, id)


@router.post(
    "/studies/{id}/cancel",
    operation_id="cancel_study",
    summary="Cancel all jobs of a study",
    responses=may_answer("not-found"),
)
def cancel_study(access: Editor, id: Id) -> wire.Study:
    """Jobs that have ended stay as they are. Asking twice changes nothing."""
    return studies.cancel_study(access, id)
