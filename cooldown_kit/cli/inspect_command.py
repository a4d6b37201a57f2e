"""`cooldown inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cooldown_kit.cli.arguments import RunReference, WorkspacePath


def command(
    run: RunReference = "latest",
    stage: Annotated[
        str, typer.Option(help="harvest, skipped, documents, heldout, rejects, mixture, generations; or all.")
    ] = "all",
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Samples of each stage.")] = 2,
    source: Annotated[str | None, typer.Option(help="Only samples of this source.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other samples.")] = 0,
    lines: Annotated[int, typer.Option(min=0, help="Lines shown of each sample; 0 shows all.")] = 25,
    workspace: WorkspacePath = Path(".cooldown"),
) -> None:
    """Look at real samples of what each stage made, and where each one came from."""
    from cooldown_kit.errors import RecipeError
    from cooldown_kit.run_folder import RunFolder
    from cooldown_kit.samples import STAGES, samples

    folder = RunFolder.find(run, workspace)
    if stage != "all" and stage not in STAGES:
        raise RecipeError(
            f"there is no stage `{stage}` to look at",
            where="--stage",
            remedy=f"use one of {', '.join(STAGES)}, or all",
        )
    for name in STAGES if stage == "all" else [s for s in STAGES if s == stage]:
        typer.secho(f"\n=== {name} ===", bold=True)
        found = samples(folder, name, count=count, source=source, seed=seed)
        if not found:
            typer.echo("nothing here")
        for sample in found:
            typer.secho(f"\n--- {sample.title}", bold=True)
            text = sample.text.splitlines()
            shown = text[:lines] if lines else text
            typer.echo("\n".join(shown))
            if len(text) > len(shown):
                typer.echo(f"… {len(text) - len(shown)} more lines (--lines 0 shows all)")
