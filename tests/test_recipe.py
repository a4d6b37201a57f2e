"""A recipe is read strictly: what is wrong is named with its line and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from cooldown_kit.errors import InputError, RecipeError
from cooldown_kit.recipe import GOALS, Recipe

GOOD = """\
name: payments
model: models/base
sources:
  payments: {connector: git, path: ../payments}
  handbook: {connector: text, path: handbook}
mix:
  tokens: 20M
  shares: {text: {handbook: 80%}, code: {payments.commits: 12%, payments.files: 8%}}
train:
  method: lora
"""


def problems(text: str, **options: list[str]) -> str:
    with pytest.raises(RecipeError) as error:
        Recipe.parse(text, where="r.yaml", **options)
    return str(error.value)


def test_a_whole_recipe_written_out_reads_back_equal() -> None:
    recipe = Recipe.parse(GOOD)
    assert Recipe.parse(recipe.to_yaml()) == recipe
    assert recipe.mix.tokens == 20_000_000
    assert recipe.mix.shares == {
        "text": {"handbook": 0.8},
        "code": {"payments.commits": 0.12, "payments.files": 0.08},
    }


@pytest.mark.parametrize(
    ("wrong", "line", "nearest"),
    [
        (GOOD.replace("tokens:", "tokns:"), 7, "did you mean `tokens`?"),
        (GOOD.replace("train:", "trian:"), 9, "did you mean `train`?"),
        (GOOD.replace("method: lora", "method: lorra"), 10, "did you mean `lora`?"),
        (GOOD.replace("connector: git", "connector: gitt"), 4, "use 'git'"),
        (GOOD.replace("path: ../payments", "pth: ../payments"), 4, "did you mean `path`?"),
    ],
)
def test_an_unknown_key_is_refused_with_its_line_and_the_nearest_known_one(
    wrong: str, line: int, nearest: str
) -> None:
    text = problems(wrong)
    assert f"r.yaml, line {line}" in text
    assert nearest in text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (GOOD.replace("20M", "many"), "line 7 (mix.tokens)"),
        (GOOD.replace("80%", "90%"), "add up to 110.0000%"),
        (GOOD.replace("80%", "180%"), "less than or equal to 1"),
        (GOOD + "  learning_rate: -1\n", "greater than 0, not -1"),
        (GOOD + "  learning_rate: fast\n", "line 11 (train.learning_rate)"),
        (GOOD + "holdout: {after: 2026-13-01}\n", "line 11: '2026-13-01' is not a value"),
        (GOOD + "holdout: {after: 2026-01-01, newest: 5%}\n", "either `after` or `newest`"),
        (GOOD + "name: again\n", "`name` is given twice, on lines 1 and 11"),
        (GOOD.replace("name: payments", "name: 'a b/c'"), "line 1 (name)"),
        (GOOD.replace("model: models/base\n", ""), "`model` is missing"),
        ("name: x\nmodel: m\nsources: {}\n", "give at least one"),
        ("name: x\nmodel: m\nsources: {a: 3}\n", "a source is a mapping"),
        ("name: x\nmodel: m\nsources: {a: {path: x}}\n", "does not say which `connector`"),
        ("name: x\nmodel: m\nsources: {'a b': {connector: text, path: x}}\n", "'a b'"),
        ("name: x\n  model: y: z\n", "this is not YAML"),
        ("- a\n- b\n", "a recipe is a mapping"),
        ("", "a recipe is a mapping"),
    ],
)
def test_what_is_wrong_is_named(wrong: str, says: str) -> None:
    assert says in problems(wrong)


def test_all_that_is_wrong_is_listed_at_once_in_the_order_of_lines() -> None:
    text = problems(
        GOOD.replace("tokens:", "tokns:")
        .replace("method:", "metod:")
        .replace("path: handbook", "pfad: handbook")
    )
    assert text.index("line 5") < text.index("line 7") < text.index("line 10")


def test_a_union_of_types_is_reported_as_one_line_at_the_key() -> None:
    text = problems(GOOD + "  micro_batch: many\n")
    assert "(train.micro_batch)" in text
    assert text.count("train.micro_batch") == 1


def test_overrides_are_validated_like_the_file_and_named_as_flags() -> None:
    assert Recipe.parse(GOOD, overrides=["train.method=full", "mix.tokens=5M"]).mix.tokens == 5_000_000
    assert "--set train.metod=full" in problems(GOOD, overrides=["train.metod=full"])
    assert "is not KEY=VALUE" in problems(GOOD, overrides=["train.method"])


def test_a_yaml_bomb_is_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)
    )
    assert "counted with aliases" in problems(bomb)


def test_python_objects_in_yaml_are_not_made() -> None:
    assert "means nothing in a recipe" in problems("name: !!python/object/apply:os.system ['true']\n")


def test_relative_paths_belong_to_the_recipes_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "recipe.yaml").write_text(GOOD)
    recipe = Recipe.load(tmp_path / "sub" / "recipe.yaml")
    assert recipe.folder == tmp_path / "sub"
    assert recipe.workspace_path == tmp_path / "sub" / ".cooldown"


def test_a_missing_recipe_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cooldown init"):
        Recipe.load(tmp_path / "none.yaml")


def test_the_papers_cooldown_is_the_default_goal() -> None:
    assert Recipe.parse(GOOD).goal == "reasoning"
    assert GOALS["reasoning"][0] == 0.20


def test_layouts_are_read_with_their_shares() -> None:
    recipe = Recipe.parse(GOOD + "render: {commit: {diff: 70%, task: 30%}}\n")
    assert recipe.render.shares("commit") == {"diff": 0.7, "task": 0.3}
    assert recipe.render.shares("notebook") == {"script": 1.0}
    assert Recipe.parse(recipe.to_yaml()) == recipe


def test_an_unknown_layout_is_refused_with_the_nearest_one() -> None:
    assert "did you mean `before_after`?" in problems(GOOD + "render: {commit: {before_afer: 100%}}\n")


def test_shares_of_layouts_that_do_not_add_up_are_refused_with_what_is_missing() -> None:
    said = problems(GOOD + "render: {commit: {diff: 50%, task: 10%}}\n")
    assert "add up to 60" in said and "by 40" in said
