"""`cooldown jobs logs`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from cooldown_kit.cli.jobs import text
from cooldown_kit.cli.jobs.service import JobId, Service, on_service

Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on with new lines until the job has ended.")]
Tail = Annotated[
    int | None, typer.Option("--tail", min=1, max=5000, help="Begin with the last so many lines.")
]
Attempt = Annotated[int | None, typer.Option("--attempt", min=1, help="Of this try only.")]


@on_service
def command(
    service: Service, job: JobId, follow: Follow = False, tail: Tail = None, attempt: Attempt = None
) -> None:
    """Print what a job's processes wrote."""
    on_terminal = sys.stdout.isatty()
    found = service.job(job)
    if not service.as_json:
        text.say_removed(found)
    for line in found.logs(follow=follow, tail=tail, attempt=attempt):
        if service.as_json:
            service.print(line)
        else:
            typer.echo(text.plain(line.text) if on_terminal else line.text)
        sys.stdout.flush()
