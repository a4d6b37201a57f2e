"""`cooldown jobs report` and `cooldown jobs download`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cooldown_kit.cli.jobs.service import JobId, Service, on_service

ReportFile = Annotated[
    Path | None, typer.Option("--output", "-o", help="File to write; without, standard output.")
]
Folder = Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")]
Names = Annotated[
    list[str],
    typer.Option("--name", help="Only this artefact; `adapter/*` means a folder of them. Repeatable."),
]


@on_service
def report(service: Service, job: JobId, output: ReportFile = None) -> None:
    """Fetch a job's report, one HTML page."""
    if output is None and sys.stdout.isatty():
        raise typer.BadParameter("a page is nothing to read here: give --output FILE, or a pipe")
    page = service.job(job).report(output)
    if output is None:
        typer.echo(page, nl=False)
    elif service.as_json:
        typer.echo(json.dumps({"path": str(output)}))
    else:
        typer.echo(output)


@on_service
def download(service: Service, job: JobId, output: Folder = Path(), names: Names = []) -> None:  # noqa: B006
    """Fetch what came out of a job, and check it; what was cut goes on. Prints the files."""
    for path in service.job(job).download(output, names=names or None):
        typer.echo(json.dumps({"path": str(path)}) if service.as_json else path)
