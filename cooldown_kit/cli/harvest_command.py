"""`cooldown harvest`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from cooldown_kit.cli.arguments import AsJson, Overrides, RecipePath


def command(
    recipe: RecipePath = Path("recipe.yaml"),
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Harvest, render and curate, and stop there: clean documents as Parquet. Needs neither torch nor the model."""
    from cooldown_kit.recipe import Recipe

    loaded = Recipe.load(recipe, overrides)

    from cooldown_kit.cli.progress import subscriber
    from cooldown_kit.pipeline import harvest

    with subscriber(as_json=False, quiet=as_json) as on_event:
        made = harvest(loaded, on_event=on_event)
    if as_json:
        typer.echo(json.dumps(asdict(made), default=str, indent=1))
        return
    typer.echo(f"Documents  {made.documents_path}")
    typer.echo(f"Rejects    {made.rejects_path}")
