"""`cooldown plan`."""

from __future__ import annotations

from pathlib import Path

import typer

from cooldown_kit.cli.arguments import AsJson, Overrides, RecipePath


def command(
    recipe: RecipePath = Path("recipe.yaml"),
    overrides: Overrides = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Say what will happen before anything costs: tokens, shares, epochs, steps, memory, time, and what is wrong."""
    from cooldown_kit.recipe import Recipe

    loaded = Recipe.load(recipe, overrides)

    from cooldown_kit.cli.progress import subscriber
    from cooldown_kit.cli.stopping import stop_on_sigterm
    from cooldown_kit.pipeline import plan

    should_stop = stop_on_sigterm()
    with subscriber(as_json=False, quiet=as_json) as on_event:
        made = plan(loaded, on_event=on_event, should_stop=should_stop)
    typer.echo(made.to_json() if as_json else made.table())
    if made.errors:
        raise typer.Exit(2)
