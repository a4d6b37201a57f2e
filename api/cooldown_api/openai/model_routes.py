"""`/v1/models`: the base models that the operator named, and what jobs of the project made of them."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path
from sqlalchemy import Text, cast, delete, or_, select

from cooldown_api.access import Editor, Viewer
from cooldown_api.database.tables import Artefact, Job
from cooldown_api.openai.base_models import FOLDERS, find_fine_tuned, has_weights
from cooldown_api.openai.names import model_name
from cooldown_api.openai.route import OpenAIRoute, may_answer
from cooldown_api.openai.shapes import ListPage, Model, ModelDeleted, list_page
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.settings import Settings
from cooldown_kit.client.states import ENDED

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)
ModelPath = Annotated[str, Path(max_length=800, examples=["smollm2"])]
_MOST: Final = 1000
_ENDED: Final = [state.value for state in ENDED]


@router.get("/models", operation_id="list_models", summary="List models", responses=may_answer())
def list_models(access: Viewer) -> ListPage[Model]:
    """Base models by name, then the newest thousand fine-tuned ones, newest first."""
    settings = access.service.settings
    with access.read() as session:
        jobs = session.scalars(select(Job).where(has_weights()).order_by(Job.id.desc()).limit(_MOST)).all()
    return list_page(
        [*(_base(name) for name in sorted(settings.models)), *(_fine_tuned(job, settings) for job in jobs)],
        False,
    )


@router.get(
    "/models/{model:path}", operation_id="get_model", summary="Get a model", responses=may_answer("not-found")
)
def get_model(access: Viewer, model: ModelPath) -> Model:
    settings = access.service.settings
    if model in settings.models:
        return _base(model)
    with access.read() as session:
        job = find_fine_tuned(session, settings, model)
    if job is None:
        raise _unknown(model)
    return _fine_tuned(job, settings)


@router.delete(
    "/models/{model:path}",
    operation_id="delete_model",
    summary="Delete a fine-tuned model",
    responses=may_answer("not-found", "conflict"),
)
def delete_model(access: Editor, model: ModelPath) -> ModelDeleted:
    """Its weights are removed; the job, its report and its metrics stay. Refused while a job that has not ended starts from it."""
    service = access.service
    if model in service.settings.models:
        raise ProblemError(
            "not-allowed",
            f"{model} is a base model that the operator keeps",
            openai_code="model_not_deletable",
        )
    with access.write() as session:
        job = find_fine_tuned(session, service.settings, model)
        if job is None:
            raise _unknown(model)
        user = session.scalar(
            select(Job.id)
            .where(Job.state.not_in(_ENDED), cast(Job.recipe, Text).contains(f"{job.id}/model"))
            .limit(1)
        )
        if user is not None:
            raise ProblemError(
                "conflict",
                f"{user}, which has not ended, starts from {model}",
                remedy="wait until it has ended, or cancel it",
                openai_code="model_in_use",
            )
        below = or_(*(Artefact.name.startswith(f"{folder}/", autoescape=True) for folder in FOLDERS))
        session.execute(delete(Artefact).where(Artefact.job_id == job.id, below))
        access.audit(session, "model.delete", job.id)
    for folder in FOLDERS:
        service.artefacts.delete_folder(access.project, job.id, folder)
    return ModelDeleted(id=model)


def _base(name: str) -> Model:
    return Model(id=name, created=0, owned_by="system")


def _fine_tuned(job: Job, settings: Settings) -> Model:
    assert job.finished_at is not None
    return Model(
        id=model_name(job, settings), created=int(job.finished_at.timestamp()), owned_by=job.project_id
    )


def _unknown(model: str) -> ProblemError:
    error = not_found("model", model[:200])
    return ProblemError("not-found", error.detail, param="model", openai_code="model_not_found")
