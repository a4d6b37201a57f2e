"""`cooldown trace`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cooldown_kit.cli.arguments import AsJson, RunReference, WorkspacePath


def command(
    run: RunReference = "latest",
    sequence: Annotated[
        int, typer.Option("--sequence", min=0, help="Number of the training sequence, from 0.")
    ] = 0,
    text: Annotated[bool, typer.Option("--text", help="Also print the text of every piece.")] = False,
    as_json: AsJson = False,
    workspace: WorkspacePath = Path(".cooldown"),
) -> None:
    """From a training sequence back to the commits and files that it was made of."""
    from cooldown_kit.cli.show import LEGEND, show
    from cooldown_kit.lineage import shown, trace
    from cooldown_kit.run_folder import RunFolder

    folder = RunFolder.find(run, workspace)
    pieces = trace(folder, sequence)
    if as_json:
        typer.echo(json.dumps([asdict(piece) for piece in pieces], indent=1))
        return
    typer.echo(f"sequence {sequence} of {folder.path.name}, share {pieces[0].source}")
    tokenizer, styled = None, sys.stdout.isatty()
    if text:
        from cooldown_kit.model.tokenizer import load_tokenizer

        tokenizer = load_tokenizer(folder.path / "model")
        if styled:
            typer.secho(LEGEND, dim=True)
    for piece in pieces:
        whole = (
            "whole"
            if (piece.start, piece.end) == (0, piece.document_tokens)
            else f"tokens {piece.start}-{piece.end}"
        )
        when = f"  {piece.time[:10]}" if piece.time else ""
        typer.echo(
            f"{piece.position:>6}  {piece.kind:<12} {piece.layout:<12} {piece.place}"
            f"  ({whole} of {piece.document_tokens}){when}"
        )
        if tokenizer:
            typer.echo(show(shown(piece, tokenizer), styled=styled))
