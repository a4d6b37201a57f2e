"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecipePath = Annotated[Path, typer.Argument(help="The recipe, a YAML file.")]
Overrides = Annotated[
    list[str],
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override one option of the recipe, for example train.method=full. Repeatable.",
    ),
]
RunReference = Annotated[
    str, typer.Argument(help="The run: its folder, its name, the start of its name, or `latest`.")
]
WorkspacePath = Annotated[Path, typer.Option("--workspace", help="The workspace that holds the run.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]
