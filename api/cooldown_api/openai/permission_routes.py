"""`/v1/fine_tuning/checkpoints/…/permissions`: a checkpoint belongs to its project, and is not shared with another."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path
from sqlalchemy import select

from cooldown_api.access import Access, Admin, Viewer
from cooldown_api.database.tables import Checkpoint
from cooldown_api.jobs.load import load_job
from cooldown_api.openai.names import job_of_model, model_name
from cooldown_api.openai.route import OpenAIRoute, may_answer, unsupported
from cooldown_api.openai.shapes import ListPage, Permission, list_page
from cooldown_api.problems import ProblemError, not_found

router = APIRouter(tags=["openai"], route_class=OpenAIRoute)
CheckpointName = Annotated[
    str, Path(max_length=800, examples=["ft:smollm2:default::01kb9x2c0fq6m3w8v5t7r4n1pz:ckpt-step-20"])
]
_NAME: Final = re.compile(r"(ft:.+):ckpt-step-([0-9]{1,18})")
_PATH: Final = "/fine_tuning/checkpoints/{checkpoint:path}/permissions"


@router.get(
    _PATH,
    operation_id="list_checkpoint_permissions",
    summary="List who else may use a checkpoint",
    responses=may_answer("not-found"),
)
def list_permissions(access: Viewer, checkpoint: CheckpointName) -> ListPage[Permission]:
    """Nobody: the list is empty."""
    _check(access, checkpoint)
    return list_page([], False)


@router.post(
    _PATH,
    operation_id="create_checkpoint_permission",
    summary="Share a checkpoint: refused",
    response_model=ListPage[Permission],
    responses=may_answer("not-found"),
)
def create_permission(
    access: Admin, checkpoint: CheckpointName, body: Annotated[dict[str, Any], Body()]
) -> Any:
    """Checkpoints are not shared between projects; download it and give it to whom you want."""
    del body
    _check(access, checkpoint)
    raise unsupported(
        "project_ids",
        "checkpoints are not shared between projects",
        remedy="download the result, and use it in the other project",
        code="unsupported_operation",
    )


@router.delete(
    _PATH + "/{permission}",
    operation_id="delete_checkpoint_permission",
    summary="Stop sharing a checkpoint: there is nothing to stop",
    responses=may_answer("not-found"),
    response_model=None,
)
def delete_permission(
    access: Admin, checkpoint: CheckpointName, permission: Annotated[str, Path(max_length=128)]
) -> None:
    _check(access, checkpoint)
    raise not_found("permission", permission)


def _check(access: Access, name: str) -> None:
    """Raises :class:`ProblemError` ``not-found`` where the project has no such checkpoint."""
    match = _NAME.fullmatch(name)
    job_id = job_of_model(match[1]) if match else None
    if match is None or job_id is None:
        raise not_found("checkpoint", name[:200])
    with access.read() as session:
        try:
            job = load_job(session, job_id, "run")
        except ProblemError:
            raise not_found("checkpoint", name[:200]) from None
        known = session.scalar(
            select(Checkpoint.id).where(Checkpoint.job_id == job_id, Checkpoint.step == int(match[2]))
        )
        if known is None or model_name(job, access.service.settings) != match[1]:
            raise not_found("checkpoint", name[:200])
