"""`cooldown run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cooldown_kit.cli.arguments import AsJson, Overrides, RecipePath


def command(
    recipe: RecipePath = Path("recipe.yaml"),
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress, only the result.")] = False,
) -> None:
    """Do everything the recipe says: harvest, render, curate, mix, train, evaluate, report. Continues where it was stopped."""
    from cooldown_kit.recipe import Recipe

    loaded = Recipe.load(recipe, overrides)

    from cooldown_kit.cli.progress import subscriber
    from cooldown_kit.cli.stopping import stop_on_sigterm
    from cooldown_kit.pipeline import run

    should_stop = stop_on_sigterm()
    with subscriber(as_json=as_json, quiet=quiet) as on_event:
        result = run(loaded, on_event=on_event, should_stop=should_stop)
    if as_json:
        return
    if not result.worked:
        typer.echo(
            f"Nothing to do: the recipe and its inputs are unchanged since {result.run_path.name} was finished."
        )
    typer.echo(f"\n{result.evidence.table()}\n")
    typer.echo(f"Report   {result.report_path}")
    typer.echo(f"Model    {result.model_path}")
    if result.adapter_path:
        typer.echo(f"Adapter  {result.adapter_path}")
