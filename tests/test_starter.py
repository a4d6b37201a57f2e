"""A first recipe is valid as it stands, whatever it is made from."""

from __future__ import annotations

import pytest

from cooldown_kit.recipe import GOALS, Goal, Recipe
from cooldown_kit.starter import starter_recipe


@pytest.mark.parametrize("goal", GOALS)
def test_every_goal_gives_a_valid_recipe(goal: Goal) -> None:
    recipe = Recipe.parse(starter_recipe(name="a", model="m", repositories=["."], texts=["docs"], goal=goal))
    assert recipe.goal == goal
    assert list(recipe.sources) == ["this", "docs"]


@pytest.mark.parametrize(
    ("places", "names"),
    [
        (["https://git.example.org/acme/payments.git"], ["payments"]),
        (["git@git.example.org:acme/payments.git"], ["payments"]),
        (["../payments", "/srv/other/payments"], ["payments", "payments-2"]),
        (["../.."], ["this"]),
        (["my repo: odd"], ["odd"]),
    ],
)
def test_sources_are_named_after_their_places(places: list[str], names: list[str]) -> None:
    recipe = Recipe.parse(starter_recipe(name="a", model="m", repositories=places))
    assert list(recipe.sources) == names
    written = [
        getattr(source, "path", None) or getattr(source, "url", None) for source in recipe.sources.values()
    ]
    assert [str(place) for place in written] == places


def test_odd_paths_survive_yaml() -> None:
    text = 'hand"book: *#.md'
    recipe = Recipe.parse(starter_recipe(name="a", model="a b: c", texts=[text]))
    assert recipe.model == "a b: c"
    (source,) = recipe.sources.values()
    assert str(source.path) == text  # type: ignore[attr-defined]


def test_the_layouts_that_it_suggests_are_valid() -> None:
    text = starter_recipe(name="a", model="m", repositories=["."])
    before, _, rest = text.partition("# render:\n")
    block, _, after = rest.partition("\n\n")
    taken = "render:\n" + block.replace("#  ", " ").replace("\n# ", "\n")
    recipe = Recipe.parse(f"{before}{taken}\n\n{after}")
    assert recipe.render.shares("commit") == {"diff": 0.7, "before_after": 0.15, "task": 0.15}
    assert recipe.render.wanted == {"before", "untouched"}
