"""The whole public surface, held by golden files: a new flag, option or name is a decision.

Write them again with ``python tests/test_public_surface.py`` after you decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parent / "golden"
DOCS = Path(__file__).parent.parent / "docs"


def command_line() -> str:
    """Every command, and every command below it, with its arguments and flags."""
    import typer

    from cooldown_kit.cli.main import app

    def lines(group: Any, above: str) -> Iterator[str]:
        for name, command in sorted(group.commands.items()):
            yield f"{above} {name}"
            if hasattr(command, "commands"):
                yield from lines(command, f"{above} {name}")
            for parameter in command.params:
                names = (
                    " ".join(parameter.opts)
                    if parameter.param_type_name == "option"
                    else parameter.name.upper()
                )
                yield f"    {names}"

    return "\n".join(lines(typer.main.get_command(app), "cooldown")) + "\n"


def recipe_options() -> str:
    """Every option of a recipe and of the connectors that come with the kit, with type and default."""
    from cooldown_kit import connector
    from cooldown_kit.cli.reference import describe
    from cooldown_kit.recipe import Recipe

    lines = [f"{o.name}: {o.type} = {o.default}" for o in describe(Recipe)]
    for name in connector.installed():
        lines += [
            f"sources.<{name}>.{o.name}: {o.type} = {o.default}"
            for o in describe(connector.find(name).Options)
        ]
    return "\n".join(lines) + "\n"


def sdk_names() -> str:
    import cooldown_kit

    return "\n".join(sorted(cooldown_kit.__all__)) + "\n"


def openapi() -> str:
    import json

    from cooldown_api.app import create_app
    from cooldown_api.settings import Settings

    return json.dumps(create_app(Settings()).openapi(), indent=1, sort_keys=True) + "\n"


SURFACES: dict[str, Callable[[], str]] = {
    "command_line.txt": command_line,
    "recipe_options.txt": recipe_options,
    "sdk_names.txt": sdk_names,
    "openapi.json": openapi,
}


@pytest.mark.parametrize("name", SURFACES)
def test_the_public_surface_is_what_was_decided(name: str) -> None:
    assert SURFACES[name]() == (GOLDEN / name).read_text(encoding="utf-8")


def test_every_option_has_a_line_of_help() -> None:
    from cooldown_kit import connector
    from cooldown_kit.cli.reference import describe
    from cooldown_kit.recipe import Recipe

    models = [Recipe, *(connector.find(name).Options for name in connector.installed())]
    assert not [option.name for model in models for option in describe(model) if not option.help]


def test_the_recipe_reference_is_made_from_the_declarations() -> None:
    from cooldown_kit.cli.reference import recipe_page

    assert (DOCS / "recipe.md").read_text(encoding="utf-8") == recipe_page(), "run `make docs`"


@pytest.mark.parametrize(
    "name", ["Recipe", "run", "plan", "Workspace", "Result", "Plan", "CooldownError", "events"]
)
def test_every_public_name_can_be_had(name: str) -> None:
    import cooldown_kit

    assert getattr(cooldown_kit, name) is not None
    assert name in cooldown_kit.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    import cooldown_kit

    with pytest.raises(AttributeError, match="no attribute 'rnu'"):
        cooldown_kit.rnu  # noqa: B018


if __name__ == "__main__":
    for name, surface in SURFACES.items():
        (GOLDEN / name).write_text(surface(), encoding="utf-8")
