"""`cooldown jobs cancel`, `pause`, `resume` and `rerun`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cooldown_kit.cli.jobs.service import JobId, Service, on_service
from cooldown_kit.client.states import State

if TYPE_CHECKING:
    from cooldown_kit.client.job import Job

Priority = Annotated[int | None, typer.Option("--priority", min=0, max=100, help="Another priority.")]


@on_service
def cancel(service: Service, job: JobId) -> None:
    """Ask a job to end. What runs saves a checkpoint first: `cancelling`, then `cancelled`."""
    _tell(service, service.job(job).cancel())


@on_service
def pause(service: Service, job: JobId) -> None:
    """Ask a job to save a checkpoint and to give its GPU back."""
    _tell(service, service.job(job).pause())


@on_service
def resume(service: Service, job: JobId) -> None:
    """Queue a paused job again; it goes on from its checkpoint."""
    _tell(service, service.job(job).resume())


@on_service
def rerun(service: Service, job: JobId, priority: Priority = None) -> None:
    """Run an ended job once more, as a new job; prints its id."""
    made = service.job(job).rerun(priority=priority)
    if service.as_json:
        service.print(made)
    else:
        typer.echo(made.id)


def _tell(service: Service, job: Job) -> None:
    if service.as_json:
        service.print(job)
        return
    typer.echo(f"{job.id} {job.state}")
    if job.state in (State.CANCELLING, State.PAUSING):
        typer.echo(f"see it happen with `cooldown jobs watch {job.id}`", err=True)
