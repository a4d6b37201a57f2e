"""`cooldown init`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer


def command(
    output: Annotated[Path, typer.Option("--output", "-o", help="Where to write the recipe.")] = Path(
        "recipe.yaml"
    ),
    name: Annotated[str | None, typer.Option(help="Name of the recipe.")] = None,
    repository: Annotated[
        list[str], typer.Option("--repository", "-r", help="A git repository: path or URL. Repeatable.")
    ] = [],  # noqa: B006
    text: Annotated[
        list[str], typer.Option("--text", "-t", help="Text: a file, a folder or a glob. Repeatable.")
    ] = [],  # noqa: B006
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Base model: a folder, a GGUF file or a hub name.")
    ] = None,
    goal: Annotated[str | None, typer.Option(help="reasoning, knowledge, code or balanced.")] = None,
    tokens: Annotated[
        str, typer.Option(help="Token budget, for example 20M; auto fits it to the data.")
    ] = "auto",
    method: Annotated[str, typer.Option(help="lora, qlora or full.")] = "lora",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a commented recipe. Asks for what is not given, if a person is there to answer."""
    from cooldown_kit.errors import InputError, RecipeError
    from cooldown_kit.recipe import GOALS, Recipe
    from cooldown_kit.starter import starter_recipe

    if output.exists() and not force:
        raise InputError(
            "the file is there already",
            where=str(output),
            remedy="give another --output, or --force to overwrite it",
        )
    asks = sys.stdin.isatty()
    if asks:
        repository = repository or [typer.prompt("Git repository (path or URL)", default=".")]
        text = text or [typer.prompt("Text (file, folder or glob)", default="docs")]
        model = model or typer.prompt("Base model (folder, GGUF file or hub name)")
        goal = goal or typer.prompt(f"Goal ({', '.join(GOALS)})", default="reasoning")
    if not model or not (repository or text):
        raise RecipeError(
            "a recipe needs a model and at least one repository or text",
            remedy="give --model and --repository or --text, for example `cooldown init -r . -t docs -m models/base`",
        )
    if goal is not None and goal not in GOALS:
        raise RecipeError(
            f"there is no goal `{goal}`", where="--goal", remedy=f"use one of {', '.join(GOALS)}"
        )
    content = starter_recipe(
        name=name or Path.cwd().name.strip(".") or "cooldown",
        model=model,
        repositories=repository,
        texts=text,
        goal=goal or "reasoning",
        tokens=tokens,
        method=method,
    )
    Recipe.parse(content, folder=output.parent, where=str(output))
    output.write_text(content, encoding="utf-8")
    typer.echo(f"Wrote {output}. Next: cooldown plan {output}")
