"""`cooldown clean`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cooldown_kit.cli.arguments import WorkspacePath

if TYPE_CHECKING:
    from cooldown_kit.housekeeping import Holding

_READERS = 3
"""So many names are shown of what reads an entry."""


def command(
    run: Annotated[list[str], typer.Option("--run", help="Remove this run. Repeatable.")] = [],  # noqa: B006
    unused: Annotated[
        bool, typer.Option("--unused", help="Remove stage outputs that no run uses, and unfinished ones.")
    ] = False,
    unclaimed: Annotated[
        bool,
        typer.Option(
            "--unclaimed",
            help="Remove what connectors keep (clones, answers of forges, indexes, downloads) and no run, harvest or recipe reads.",
        ),
    ] = False,
    recipe: Annotated[
        list[Path],
        typer.Option("--recipe", help="What this recipe's sources read is claimed, too. Repeatable."),
    ] = [],  # noqa: B006
    workspace: WorkspacePath = Path(".cooldown"),
) -> None:
    """List what the workspace holds; remove only what is asked for."""
    from cooldown_kit.errors import InputError
    from cooldown_kit.housekeeping import holdings, remove, remove_unclaimed
    from cooldown_kit.recipe import Recipe

    recipes = [Recipe.load(path) for path in recipe]
    found = holdings(workspace.absolute(), recipes)
    if missing := set(run) - {holding.name for holding in found if holding.kind == "run"}:
        raise InputError(
            f"there is no run {', '.join(sorted(missing))}",
            where=str(workspace),
            remedy="`cooldown clean` lists them",
        )
    wanted = [h for h in found if (h.name in run if h.kind == "run" else unused and h.kind in _OUTPUTS)]
    remove(wanted, found)
    stored = [h for h in found if unclaimed and h.kind == "unclaimed"]
    left = remove_unclaimed(workspace.absolute(), stored, recipes)
    removed = [*wanted, *(holding for holding in stored if holding not in left)]
    for holding in found:
        state = "removed" if holding in removed else "in use" if _used(holding, left) else holding.kind
        typer.echo(f"{state:<10} {holding.bytes / 1e6:>10,.1f} MB  {holding.name}")
        for line in _about(holding):
            typer.echo(f"{'':<26}{line}")
    if left:
        typer.echo(f"{len(left)} left in the store, as a run uses it; run this again when it has ended")
    if run or unused or unclaimed:
        more = "; run it again with --unused for what removed runs used" if run and not unused else ""
        if any(holding.name.startswith("harvest/") for holding in wanted):
            more += "; run it again with --unclaimed for what removed harvests were made from"
        typer.echo(f"{sum(holding.bytes for holding in removed) / 1e6:,.1f} MB freed{more}")


_OUTPUTS = ("unused", "unfinished")


def _used(holding: Holding, left: list[Holding]) -> bool:
    return holding.in_use or holding in left


def _about(holding: Holding) -> Iterator[str]:
    """What an entry of the store is of, what it takes to have it again, and who reads it."""
    from cooldown_kit.cli.jobs.text import plain

    if holding.kind == "unknown":
        yield "no connector says what it is: it is never removed; if you know that nothing needs it, remove it yourself"
    if holding.kept is None:
        return
    kept = holding.kept
    when = datetime.fromtimestamp(kept.used_at).astimezone().date()
    yield f"{plain(kept.what)}; last used {when}"
    calls = f" ({kept.calls:,} calls until now)" if kept.calls else ""
    yield f"to have it again takes {plain(kept.again)}{calls}"
    if holding.readers:
        more = len(holding.readers) - _READERS
        names = ", ".join(map(plain, holding.readers[:_READERS])) + (f" and {more} more" if more > 0 else "")
        yield f"for {names}"
