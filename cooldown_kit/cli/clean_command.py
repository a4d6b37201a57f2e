"""`cooldown clean`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cooldown_kit.cli.arguments import WorkspacePath


def command(
    run: Annotated[list[str], typer.Option("--run", help="Remove this run. Repeatable.")] = [],  # noqa: B006
    unused: Annotated[
        bool, typer.Option("--unused", help="Remove stage outputs that no run uses, and unfinished ones.")
    ] = False,
    workspace: WorkspacePath = Path(".cooldown"),
) -> None:
    """List what the workspace holds; remove only what is asked for."""
    from cooldown_kit.errors import InputError
    from cooldown_kit.housekeeping import holdings, remove

    found = holdings(workspace.absolute())
    if missing := set(run) - {holding.name for holding in found if holding.kind == "run"}:
        raise InputError(
            f"there is no run {', '.join(sorted(missing))}",
            where=str(workspace),
            remedy="`cooldown clean` lists them",
        )
    removed = 0
    for holding in found:
        wanted = holding.name in run if holding.kind == "run" else unused
        if wanted:
            remove(holding)
            removed += holding.bytes
        typer.echo(
            f"{'removed' if wanted else holding.kind:<10} {holding.bytes / 1e6:>10,.1f} MB  {holding.name}"
        )
    if run or unused:
        typer.echo(
            f"{removed / 1e6:,.1f} MB freed"
            + ("; run it again with --unused for what removed runs used" if run and not unused else "")
        )
