"""`cooldown jobs metrics`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cooldown_kit.cli.jobs import text
from cooldown_kit.cli.jobs.service import JobId, Service, on_service

Resolution = Annotated[
    int, typer.Option("--resolution", min=1, max=2000, help="Points at most; more steps are averaged.")
]


@on_service
def command(service: Service, job: JobId, resolution: Resolution = 100) -> None:
    """Print loss, learning rate and the rest by step: columns with tabs between them, or a line of JSON for each point."""
    found = service.job(job)
    series = found.metrics(resolution=resolution)
    if service.as_json:
        for point in series:
            service.print(point)
        return
    text.say_removed(found)
    columns = series.to_columns()
    names = ["stage", "step", *list(columns)[4:]]
    typer.echo("\t".join(map(text.plain, names)))
    for row in zip(*(columns[name] for name in names), strict=True):
        typer.echo(
            "\t".join(
                "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
                for value in row
            )
        )
    losses = [value for value in columns.get("loss", []) if value is not None]
    if losses and sys.stderr.isatty():
        typer.echo(f"loss {text.sparkline(losses)} {losses[0]:.3f} → {losses[-1]:.3f}", err=True)
