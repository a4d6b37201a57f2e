"""Recipes that are read and not run, and the options that they may hold."""

from __future__ import annotations

from typing import Any

from cooldown_kit.client.wire.bodies import Answer, Request
from cooldown_kit.client.wire.names import RecipeContent


class RecipeCheck(Request):
    """A recipe that is to be read and not run."""

    recipe: RecipeContent


class CheckedRecipe(Answer):
    """The recipe with every option written out."""

    recipe: dict[str, Any]


class OptionDescription(Answer):
    """One option of a recipe or of a connector."""

    name: str
    type: str
    default: str
    help: str
