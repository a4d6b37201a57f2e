"""`cooldown jobs submit`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cooldown_kit.cli.arguments import Overrides
from cooldown_kit.cli.jobs.service import Service, on_service
from cooldown_kit.cli.jobs.watch import watch

Recipe = Annotated[
    Path | None,
    typer.Argument(help="The recipe, a YAML file; `recipe.yaml` where neither it nor --plan is given."),
]
Plan = Annotated[str | None, typer.Option("--plan", metavar="ID", help="Run a plan as it was shown.")]
Dataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="NAME@v3", help="Documents in place of the recipe's sources."),
]
Priority = Annotated[int, typer.Option("--priority", min=0, max=100, help="Higher ones go first.")]
Gpus = Annotated[
    str, typer.Option("--gpus", metavar="N", help="GPUs, or `auto`: one where a worker has some.")
]
MaxDuration = Annotated[
    str | None, typer.Option("--max-duration", metavar="8h", help="The longest it may run: 45m, 8h, 1d12h.")
]
Labels = Annotated[list[str], typer.Option("--label", metavar="KEY=VALUE", help="A label. Repeatable.")]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Stay and watch; Ctrl-C detaches.")]
IdempotencyKey = Annotated[
    str | None, typer.Option("--idempotency-key", help="Submissions with the same key make one job.")
]


@on_service
def command(
    service: Service,
    recipe: Recipe = None,
    overrides: Overrides = [],  # noqa: B006
    plan: Plan = None,
    dataset: Dataset = None,
    priority: Priority = 50,
    gpus: Gpus = "auto",
    max_duration: MaxDuration = None,
    labels: Labels = [],  # noqa: B006
    stay: Watch = False,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Submit a recipe, or a plan; prints the job's id."""
    if recipe is not None and plan is not None:
        raise typer.BadParameter("give a recipe or --plan, not both")
    job = service.client.jobs.create(
        (recipe or Path("recipe.yaml")) if plan is None else None,
        plan=plan,
        dataset=dataset,
        overrides=overrides,
        priority=priority,
        gpus=_gpus(gpus),
        max_duration=max_duration,
        metadata=_labels(labels),
        idempotency_key=idempotency_key,
    )
    if service.as_json:
        service.print(job)
    else:
        typer.echo(job.id)
    if stay:
        watch(service, job, None)
    elif service.local:
        typer.echo(
            "It runs while a local service is up: `cooldown jobs watch latest --local`, or `cooldown serve`.",
            err=True,
        )
    else:
        typer.echo(f"{job.state}; watch it with `cooldown jobs watch {job.id}`", err=True)


def _gpus(text: str) -> int | Literal["auto"]:
    if text == "auto":
        return "auto"
    if not text.isdecimal() or int(text) > 64:
        raise typer.BadParameter(f"--gpus {text} is neither a number up to 64 nor `auto`")
    return int(text)


def _labels(given: list[str]) -> dict[str, str]:
    labels = {}
    for label in given:
        key, sign, value = label.partition("=")
        if not sign or not key:
            raise typer.BadParameter(f"--label {label} is not KEY=VALUE")
        labels[key] = value
    return labels
