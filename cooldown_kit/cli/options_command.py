"""`cooldown options`."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    prefix: Annotated[
        str, typer.Argument(help="Only options whose name starts so, for example `train`.")
    ] = "",
) -> None:
    """List every option that a recipe takes, with type, default and meaning."""
    from cooldown_kit.cli.reference import describe
    from cooldown_kit.recipe import Recipe

    for option in describe(Recipe):
        if option.name.startswith(prefix):
            typer.secho(option.name, bold=True, nl=False)
            typer.echo(f"  {option.type}, default {option.default}\n    {option.help}")
