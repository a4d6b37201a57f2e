"""`cooldown jobs queue`."""

from __future__ import annotations

import typer

from cooldown_kit.cli.jobs import text
from cooldown_kit.cli.jobs.service import JobId, Service, on_service


@on_service
def command(service: Service, job: JobId) -> None:
    """Say what a job waits for, and who holds it."""
    place = service.job(job).queue()
    if service.as_json:
        service.print(place)
        return
    if place.position is None:
        typer.echo(f"{place.state}: it waits for nothing")
    else:
        typer.echo(f"{place.state}: number {place.position}, {place.ahead} before it")
    for wait in place.waits_for:
        typer.echo(f"waits for {wait.kind.replace('_', ' ')}: {text.plain(wait.detail)}")
        for holder in wait.holders:
            who = holder.job or "a job of another project"
            until = (
                f", until about {holder.estimated_finish_at:%Y-%m-%d %H:%M} UTC"
                if holder.estimated_finish_at
                else ""
            )
            typer.echo(f"  held by {text.plain(who)} for {text.age(holder.since)}{until}")
    if place.estimated_start_at:
        typer.echo(f"starts about {place.estimated_start_at:%Y-%m-%d %H:%M} UTC")
