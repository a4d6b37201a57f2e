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
    wanted = [h for h in found if (h.name in run if h.kind == "run" else unused)]
    remove(wanted, found)
    for holding in found:
        state = "removed" if holding in wanted else "in use" if holding.in_use else holding.kind
        typer.echo(f"{state:<10} {holding.bytes / 1e6:>10,.1f} MB  {holding.name}")
    if run or unused:
        more = "; run it again with --unused for what removed runs used" if run and not unused else ""
        typer.echo(f"{sum(holding.bytes for holding in wanted) / 1e6:,.1f} MB freed{more}")
