"""`cooldown jobs list` and `cooldown jobs get`."""

from __future__ import annotations

from typing import Annotated, cast, get_args

import typer

from cooldown_kit.cli.jobs import text
from cooldown_kit.cli.jobs.service import JobId, Service, on_service

States = Annotated[
    list[str], typer.Option("--state", help="Only in this state, for example running. Repeatable.")
]
Kind = Annotated[str | None, typer.Option("--kind", help="run, plan or dataset; plans are listed only so.")]
Name = Annotated[str | None, typer.Option("--name", help="Only of this name.")]
Labels = Annotated[
    list[str], typer.Option("--label", metavar="KEY=VALUE", help="Only with this label. Repeatable.")
]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="So many at most, newest first.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]


@on_service
def list_command(
    service: Service,
    states: States = [],  # noqa: B006
    kind: Kind = None,
    name: Name = None,
    labels: Labels = [],  # noqa: B006
    limit: Limit = 20,
    everything: All = False,
) -> None:
    """List jobs, newest first; with --json one line of JSON each."""
    from cooldown_kit.client.wire import Kind as KindName

    if kind is not None and kind not in get_args(KindName):
        raise typer.BadParameter(f"--kind {kind} is none of {', '.join(get_args(KindName))}")
    pairs = [label.partition("=") for label in labels]
    if not all(key and sign for key, sign, _ in pairs):
        raise typer.BadParameter("--label is not KEY=VALUE")
    jobs = service.client.jobs.list(
        state=states or None,
        kind=cast("KindName | None", kind),
        name=name,
        metadata={key: value for key, _, value in pairs},
        limit=None if everything else limit,
    )
    if service.as_json:
        for job in jobs:
            service.print(job)
        return
    rows = [["ID", "STATE", "NAME", "PRIORITY", "AGE", "PROGRESS"]]
    for job in jobs:
        detail = text.progress_of(job) or (job.detail if job.state in ("failed", "queued", "paused") else "")
        rows.append([job.id, job.state, job.name, str(job.priority), text.age(job.created_at), detail])
    typer.echo(text.table(rows, colour=text.coloured(), state_column=1))


@on_service
def get_command(service: Service, job: JobId) -> None:
    """Show one job; with --json also its recipe and its attempts."""
    found = service.job(job)
    if service.as_json:
        service.print(found)
    else:
        typer.echo(text.details(found))
