"""What a recipe is when it leaves for a service."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest

from cooldown_kit.client.recipes import recipe_content
from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.recipe import Recipe

TEXT = """
name: demo
model: models/base
workspace: .cooldown
sources:
  code: {connector: git, path: ../code, until: 2026-03-01, token: "file:secrets/token"}
  many: {connector: git, repositories: [./a, "https://git.example/b", {path: c, url: null}]}
  talk: {connector: github, repository: acme/x, clone: never, token: "env:TOKEN"}
  pages: {connector: text, path: "docs/**/*.md"}
  foreign: {connector: not_installed_here, path: stays}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "r/models/base").mkdir(parents=True)
    (tmp_path / "r/recipe.yaml").write_text(TEXT)
    return tmp_path / "r"


def test_relative_paths_are_those_of_the_recipes_folder(folder: Path) -> None:
    found = recipe_content(folder / "recipe.yaml")
    sources = found["sources"]
    assert found["model"] == f"{folder}/models/base"
    assert sources["code"]["path"] == f"{folder}/../code"
    assert sources["code"]["token"] == f"file:{folder}/secrets/token"
    assert sources["many"]["repositories"] == [
        f"{folder}/a",
        "https://git.example/b",
        {"path": f"{folder}/c", "url": None},
    ]
    assert sources["pages"]["path"] == f"{folder}/docs/**/*.md"
    assert sources["foreign"]["path"] == "stays"
    assert (sources["talk"]["clone"], sources["talk"]["token"]) == ("never", "env:TOKEN")
    assert "workspace" not in found


@pytest.mark.parametrize(
    "model", ["org/name", "package:llm/model.gguf", "https://hub.example/x", "/abs/model"]
)
def test_what_is_no_relative_path_stays(tmp_path: Path, model: str) -> None:
    assert recipe_content({"name": "x", "model": model})["model"] == model


def test_random_models_have_paths_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = recipe_content({"model": {"random": {"config": "config.json", "tokenizer": "tok"}}})
    assert found["model"]["random"] == {"config": f"{tmp_path}/config.json", "tokenizer": f"{tmp_path}/tok"}
    written_out = {"model": {"random": {"config": {"model_type": "llama"}, "tokenizer": "/tok"}}}
    assert recipe_content(written_out) == written_out


def test_every_form_of_a_recipe_gives_the_same(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    monkeypatch.chdir(folder)
    of_file = recipe_content("recipe.yaml")
    assert recipe_content(Path("recipe.yaml")) == of_file
    assert recipe_content(TEXT) == of_file
    assert recipe_content(yaml.safe_load(TEXT)) == of_file
    assert json.loads(json.dumps(of_file)) == of_file
    assert of_file["sources"]["code"]["until"] == "2026-03-01"


def test_a_loaded_recipe_says_what_was_said_and_no_defaults(tmp_path: Path) -> None:
    given = {"name": "x", "model": "org/name", "sources": {"a": {"connector": "text", "path": "docs"}}}
    found = recipe_content(Recipe.parse(given, folder=tmp_path))
    assert found == {**given, "sources": {"a": {"connector": "text", "path": f"{tmp_path}/docs"}}}


def test_overrides_are_set(folder: Path) -> None:
    found = recipe_content(folder / "recipe.yaml", ["train.method=full", "seed=3"])
    assert found["train"] == {"method": "full"} and found["seed"] == 3
    with pytest.raises(RecipeError, match="KEY=VALUE"):
        recipe_content(folder / "recipe.yaml", ["train"])


def test_nothing_but_paths_is_changed(folder: Path) -> None:
    """No variables, no templates: text stays text."""
    content = {
        "name": "${HOME}",
        "model": "org/${X}",
        "sources": {"$(id)": {"connector": "nix", "q": "~{x}"}},
    }
    assert recipe_content(content) == content
    assert content["name"] == "${HOME}"


def test_a_mapping_that_is_given_is_not_changed(tmp_path: Path) -> None:
    given = {"name": "x", "workspace": "w", "sources": {"a": {"connector": "text", "path": "docs"}}}
    before = json.dumps(given)
    recipe_content(given, ["seed=1"])
    assert json.dumps(given) == before


def test_what_cannot_be_sent_is_named_here(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such recipe"):
        recipe_content(tmp_path / "nix.yaml")
    with pytest.raises(RecipeError, match="mapping"):
        recipe_content("- a\n- b\n")
    with pytest.raises(RecipeError, match="cannot be a value"):
        recipe_content({"name": datetime.timedelta(1)})
    with pytest.raises(RecipeError, match="cannot be a value"):
        recipe_content({"seed": float("nan")})
