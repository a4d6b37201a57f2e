"""Recipes: checking one, and what may stand in them."""

from __future__ import annotations

from fastapi import APIRouter

from cooldown_api.access import Viewer
from cooldown_api.creating.submission import read_recipe
from cooldown_api.routes.answers import may_answer, may_answer_body
from cooldown_api.values import check_body
from cooldown_kit import connector as connectors
from cooldown_kit.cli.reference import describe
from cooldown_kit.client.wire import CheckedRecipe, OptionDescription, RecipeCheck
from cooldown_kit.recipe import Recipe

router = APIRouter(tags=["recipes"])


@router.post(
    "/recipes/check",
    operation_id="check_recipe",
    summary="Check a recipe",
    responses=may_answer_body("recipe", "refused"),
)
def check_recipe(access: Viewer, body: RecipeCheck) -> CheckedRecipe:
    """Read a recipe strictly, hold it against the operator's policy, and give it back with every option written out. Opens no path and no repository."""
    check_body(body)
    return CheckedRecipe(recipe=read_recipe(body.recipe, access.service.settings, access.project).stored)


@router.get(
    "/options",
    operation_id="list_options",
    summary="Every option of a recipe",
    responses=may_answer(),
)
def list_options(access: Viewer) -> list[OptionDescription]:
    """With type, default and one line of help, in the order of the recipe."""
    del access
    return [OptionDescription(**vars(option)) for option in describe(Recipe)]


@router.get(
    "/connectors",
    operation_id="list_connectors",
    summary="Every installed connector with its options",
    responses=may_answer(),
)
def list_connectors(access: Viewer) -> dict[str, list[OptionDescription]]:
    """Connector → the options that a source with it takes."""
    del access
    return {
        name: [OptionDescription(**vars(option)) for option in describe(connectors.find(name).Options)]
        for name in connectors.installed()
    }
