"""`cooldown connectors`."""

from __future__ import annotations

import typer


def command() -> None:
    """List the installed connectors and the options of each."""
    from cooldown_kit import connector
    from cooldown_kit.cli.reference import describe

    for name, point in connector.installed().items():
        typer.secho(f"{name}  ({point.value})", bold=True)
        for option in describe(connector.find(name).Options):
            typer.echo(f"  {option.name:<22} {option.type}, default {option.default}\n      {option.help}")
