"""`cooldown harvest`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cooldown_kit.cli.arguments import AsJson, Overrides, RecipePath

if TYPE_CHECKING:
    from cooldown_kit.connector import Estimate
    from cooldown_kit.dataset import Dataset
    from cooldown_kit.pipeline import Harvest


def command(
    recipe: RecipePath = Path("recipe.yaml"),
    overrides: Overrides = [],  # noqa: B006
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what would be asked of forges (calls, points, time), and stop."),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--keep",
            metavar="FOLDER",
            help="Keep the documents in this folder, for recipes that name it as `dataset`.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Harvest, render and curate, and stop there: clean documents as Parquet. Needs neither torch nor the model."""
    from cooldown_kit.recipe import Recipe

    loaded = Recipe.load(recipe, overrides)

    from cooldown_kit.cli.progress import subscriber
    from cooldown_kit.cli.stopping import stop_on_sigterm
    from cooldown_kit.pipeline import estimate_harvest, harvest, keep_dataset

    should_stop = stop_on_sigterm()
    with subscriber(as_json=False, quiet=as_json) as on_event:
        if dry_run:
            _show(estimate_harvest(loaded, on_event=on_event), as_json)
            return
        made = (
            harvest(loaded, on_event=on_event, should_stop=should_stop)
            if keep is None
            else keep_dataset(loaded, keep, on_event=on_event, should_stop=should_stop)
        )
    if as_json:
        typer.echo(json.dumps(_facts(made), default=str, indent=1))
        return
    if keep is not None:
        typer.echo(f"Dataset    {keep.absolute()}")
    typer.echo(f"Documents  {made.documents_path}")
    typer.echo(f"Rejects    {made.rejects_path}")
    if made.preferences_path:
        typer.echo(f"Pairs      {made.preferences_path}")


def _facts(made: Harvest | Dataset) -> dict[str, Any]:
    names = ("documents_path", "rejects_path", "preferences_path", "summary")
    kept = ("path", "digest") if hasattr(made, "digest") else ()
    return {name: getattr(made, name) for name in (*kept, *names)}


def _show(found: Mapping[str, Sequence[Estimate]], as_json: bool) -> None:
    if as_json:
        typer.echo(
            json.dumps({name: [asdict(one) for one in all_of] for name, all_of in found.items()}, indent=1)
        )
        return
    if not any(found.values()):
        typer.echo("No source of this recipe is asked question by question.")
        return
    rows = [("source", "what", "items", "calls", "points", "time")]
    for name, all_of in found.items():
        for one in all_of:
            items = f"{one.items:,}" if one.exact else f"about {one.items:,}"
            rows.append(
                (
                    name,
                    one.what,
                    items,
                    f"{one.calls:,}",
                    f"{one.points:,}" if one.points else "",
                    _time(one.seconds),
                )
            )
        total = (
            sum(one.calls for one in all_of),
            sum(one.points for one in all_of),
            sum(one.seconds for one in all_of),
        )
        rows.append(
            (name, "together", "", f"{total[0]:,}", f"{total[1]:,}" if total[1] else "", _time(total[2]))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for row in rows:
        cells = [row[i].ljust(widths[i]) if i < 2 else row[i].rjust(widths[i]) for i in range(6)]
        typer.echo("  ".join(cells).rstrip())


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
