"""Jobs and plans: made, asked to stop, pause, go on or run again, and what they wait for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal, TypeVar

from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.creating.jobs import prepare_job, prepare_plan, rerun
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Job
from cooldown_api.jobs import control
from cooldown_api.jobs.load import load_job, load_job_to_change
from cooldown_api.jobs.queue_place import queue_place
from cooldown_api.problems import ProblemError
from cooldown_api.reading.views import ended, view_job
from cooldown_api.values import check_body
from cooldown_kit.client import wire

Action = Literal["cancel", "pause", "resume"]
Seen = TypeVar("Seen")
_CHANGES: Final[dict[Action, Callable[..., None]]] = {
    "cancel": control.cancel,
    "pause": control.pause,
    "resume": control.resume,
}


def job_maker(access: Access, body: wire.JobCreate) -> Callable[[Session], wire.Job]:
    """A run of a recipe, or of a plan. Raises :class:`ProblemError` for whatever is wrong with the request."""
    check_body(body)
    submit = prepare_job(access, body)
    return lambda session: view_job(session, submit(session))


def plan_maker(access: Access, body: wire.PlanCreate) -> Callable[[Session], wire.Job]:
    """A dry run of a recipe. Raises as :func:`job_maker`."""
    check_body(body)
    submit = prepare_plan(access, body)
    return lambda session: view_job(session, submit(session))


def rerun_maker(access: Access, id: str, body: wire.JobRerun) -> Callable[[Session], wire.Job]:
    """Another job with the recipe of an ended one. What it returns raises :class:`ProblemError` ``conflict`` where it has not ended."""

    def make(session: Session) -> wire.Job:
        job = load_job_to_change(session, id)
        if not ended(job):
            raise ProblemError(
                "conflict",
                f"{job.id} is {job.state}: only what has ended is run again",
                remedy="wait, or cancel it",
                openai_code="job_in_wrong_state",
            )
        return view_job(session, rerun(access, session, job, body))

    return make


def change_job(
    access: Access,
    id: str,
    action: Action,
    view: Callable[[Session, Job], Seen],
    *kinds: wire.Kind,
) -> Seen:
    """Ask a job for something, and see it as it is then. Asking twice changes nothing.

    Args:
        kinds: where only such a job is meant; one of another kind is not found.

    Raises :class:`ProblemError` ``not-found``, and ``conflict`` where it cannot do so any more.
    """
    with access.write() as session:
        job = load_job_to_change(session, id, *kinds)
        _CHANGES[action](session, job, now=access.now(session))
        access.audit(session, f"{'plan' if kinds == ('plan',) else 'job'}.{action}", job.id)
        return view(session, job)


def place_in_queue(access: Access, id: str) -> wire.QueuePlace:
    """Its place in the queue of all projects. Jobs of other projects are counted, and not named."""
    with access.read() as session:
        load_job(session, id)
    database = access.service.database
    with database.read(ALL_PROJECTS) as session:
        job = load_job(session, id)
        now: datetime = database.now(session)
        return queue_place(session, job, settings=access.service.settings, now=now)
