"""Every option that could name a place says what it reaches; a new one cannot be forgotten."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest

from cooldown_kit import connector
from cooldown_kit.guard.marks import Reach, mark_of, unmarked
from cooldown_kit.options import Options
from cooldown_kit.recipe import Recipe


@pytest.mark.parametrize("name", connector.installed())
def test_every_text_option_of_a_connector_says_what_it_reaches(name: str) -> None:
    assert list(unmarked(connector.find(name).Options, strict=True)) == []


def test_every_option_of_a_recipe_that_looks_like_a_place_says_what_it_reaches() -> None:
    assert list(unmarked(Recipe, strict=False)) == []


class Inner(Options):
    judge_url: str = ""
    label: str = ""


class Several(Options):
    endpoint: str = ""
    ca: tuple[str, ...] = ()
    ca_file: dict[str, str | None] | None = None
    marked_url: Annotated[str | None, Reach("url")] = None
    where: Path = Path()
    mode: Literal["file", "url"] = "file"
    inner: tuple[Inner, ...] = ()
    words: str = ""
    file_size: int = 1


def test_options_that_forget_it_are_found_wherever_they_are() -> None:
    assert list(unmarked(Several, strict=False)) == ["endpoint", "ca", "ca_file", "inner.judge_url"]
    assert list(unmarked(Several, strict=True)) == [
        "endpoint",
        "ca",
        "ca_file",
        "inner.judge_url",
        "inner.label",
        "words",
    ]


def test_a_path_is_a_path_without_a_mark() -> None:
    assert mark_of(Several.model_fields["where"]) == Reach("path")
    assert mark_of(Recipe.model_fields["workspace"]) == Reach("path")
    assert mark_of(Recipe.model_fields["model"]) == Reach("model")
