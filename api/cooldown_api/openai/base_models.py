"""Models by the names that clients say: the operator's, fine-tuned ones, and places that a recipe may name."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.artefacts import local_folder
from cooldown_api.database.tables import Artefact, Job
from cooldown_api.openai.names import job_of_model, model_name
from cooldown_api.openai.route import invalid
from cooldown_api.settings import Settings
from cooldown_kit.client.states import State

FOLDERS = ("model", "adapter")
"""Where the weights of a result lie in the store."""


def place_of(access: Access, name: str) -> str:
    """What a recipe calls the model of that name. Raises :class:`ProblemError` where nothing here has it.

    Whether a place may be read is asked when the recipe is held against the policy.
    """
    settings = access.service.settings
    if name in settings.models:
        return settings.models[name]
    if name.startswith("ft:"):
        return _fine_tuned_place(access, name)
    if "/" in name or name.startswith("package:"):
        return name
    known = ", ".join(sorted(settings.models)) or "none has a name here yet (`models` of the settings)"
    raise invalid(
        "model",
        f"there is no model {name!r} here",
        remedy=f"use one of /v1/models: {known}",
        code="model_not_found",
    )


def _fine_tuned_place(access: Access, name: str) -> str:
    with access.read() as session:
        job = find_fine_tuned(session, access.service.settings, name)
    if job is None:
        raise invalid("model", f"there is no model {name!r} in this project", code="model_not_found")
    store = local_folder(access.service.settings.artefacts_url)
    folder = None if store is None else store / job.project_id / job.id / "model"
    if folder is None or not Path(folder).is_dir():
        raise invalid(
            "model",
            f"the whole weights of {name!r} do not lie in a folder that jobs can read",
            remedy="train from the base model, or keep results on a shared path",
            code="model_not_available",
        )
    return str(folder)


def find_fine_tuned(session: Session, settings: Settings, name: str) -> Job | None:
    """The job whose result is the model of that name, if its weights are still kept."""
    job_id = job_of_model(name)
    if job_id is None:
        return None
    job = session.scalar(select(Job).where(Job.id == job_id, has_weights()))
    return job if job is not None and model_name(job, settings) == name else None


def has_weights() -> ColumnElement[bool]:
    """Whether a job succeeded and its weights are kept."""
    weights = or_(*(Artefact.name.startswith(f"{folder}/", autoescape=True) for folder in FOLDERS))
    return (
        (Job.kind == "run")
        & (Job.state == State.SUCCEEDED.value)
        & exists(select(Artefact.name).where(Artefact.job_id == Job.id, weights))
    )
