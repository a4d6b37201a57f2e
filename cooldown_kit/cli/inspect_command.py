"""`cooldown inspect`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cooldown_kit.cli.arguments import RunReference, WorkspacePath

if TYPE_CHECKING:
    from cooldown_kit.samples import Sample


def command(
    run: RunReference = "latest",
    stage: Annotated[
        str, typer.Option(help="harvest, skipped, documents, heldout, rejects, mixture, generations; or all.")
    ] = "all",
    layout: Annotated[
        str | None, typer.Option(help="Only documents of this layout, for example before_after.")
    ] = None,
    layouts: Annotated[
        bool,
        typer.Option(
            "--layouts", help="Instead: one real record of every kind in each layout that it can have."
        ),
    ] = False,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="Samples of each stage.")] = 2,
    source: Annotated[str | None, typer.Option(help="Only samples of this source.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other samples.")] = 0,
    lines: Annotated[int, typer.Option(min=0, help="Lines shown of each sample; 0 shows all.")] = 25,
    workspace: WorkspacePath = Path(".cooldown"),
) -> None:
    """Look at real samples of what each stage made, and where each one came from."""
    from cooldown_kit.errors import RecipeError
    from cooldown_kit.run_folder import RunFolder
    from cooldown_kit.samples import DOCUMENT_STAGES, STAGES, not_kept, samples

    folder = RunFolder.find(run, workspace)
    if stage != "all" and stage not in STAGES:
        raise RecipeError(
            f"there is no stage `{stage}` to look at",
            where="--stage",
            remedy=f"use one of {', '.join(STAGES)}, or all",
        )
    if layouts:
        from cooldown_kit.layout_samples import layout_samples

        for shown in layout_samples(folder, source=source, layout=layout, seed=seed):
            typer.secho(f"\n=== {shown.kind}: {shown.layout} ===", bold=True)
            if shown.why:
                typer.echo(shown.why)
            _print([shown.sample] if shown.sample else [], lines)
        return
    wanted = [s for s in STAGES if stage in ("all", s)]
    if layout is not None and stage == "all":
        wanted = list(DOCUMENT_STAGES)
    for name in wanted:
        typer.secho(f"\n=== {name} ===", bold=True)
        if stage == "all" and (why := not_kept(folder, name)):
            typer.echo(why)
            continue
        found = samples(folder, name, count=count, source=source, layout=layout, seed=seed)
        if not found:
            typer.echo("nothing here")
        _print(found, lines)


def _print(samples: Iterable[Sample], lines: int) -> None:
    from cooldown_kit.cli.show import LEGEND, show

    styled = sys.stdout.isatty()
    for sample in samples:
        typer.secho(f"\n--- {sample.title}", bold=True)
        if styled and not all(part.trained and not part.token for part in sample.parts):
            typer.secho(LEGEND, dim=True)
        typer.echo(show(sample.parts, lines=lines, styled=styled))
