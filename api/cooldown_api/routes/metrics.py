"""Numbers of a job by step."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from cooldown_api.access import Viewer
from cooldown_api.jobs.buckets import MetricQuery, read_metrics
from cooldown_api.jobs.load import load_job
from cooldown_api.parameters import Id
from cooldown_api.routes.answers import may_answer
from cooldown_kit.client import wire

router = APIRouter(tags=["jobs"])

Step = Annotated[int | None, Query(ge=0, le=2**53)]


@router.get(
    "/jobs/{id}/metrics",
    operation_id="get_metrics",
    summary="A job's numbers by step",
    responses=may_answer("not-found"),
)
def get_metrics(
    access: Viewer,
    id: Id,
    stage: Annotated[str | None, Query(max_length=24, pattern=r"^[a-z_]+$")] = None,
    keys: Annotated[
        list[Annotated[str, Query(max_length=200, pattern=r"^[^\x00]+$")]],
        Query(
            max_length=64, description="For example `loss` or `loss/handbook`; may be given more than once."
        ),
    ] = [],  # noqa: B006
    step_from: Step = None,
    step_to: Step = None,
    resolution: Annotated[int, Query(ge=1, le=2000, description="Points of a stage at most.")] = 500,
) -> wire.Metrics:
    """Loss, learning rate, loss of each source and more. Where a stage has more steps than `resolution`, points are means over equal ranges of steps."""
    query = MetricQuery(job_id=id, stage=stage, keys=keys, step_from=step_from, step_to=step_to)
    with access.read() as session:
        load_job(session, id)
        steps, points = read_metrics(session, query, resolution)
    return wire.Metrics(job=id, resolution=resolution, steps=steps, data=points)
