"""Layouts in their proportions, as a recipe says them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from cooldown_kit.render.options import LAYOUTS, RenderOptions


@pytest.mark.parametrize("kind", LAYOUTS)
def test_without_options_every_record_gets_the_first_layout_of_its_kind(kind: str) -> None:
    assert RenderOptions().shares(kind) == {LAYOUTS[kind][0]: 1.0}


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({"tusk": 1}, "did you mean `task`?"),
        ({"xyz": 1}, "it has diff, before_after, task"),
        ({"diff": "50%"}, "add up to 50.0000%, not to 100%; raise or lower one by 50.0000%"),
        ({"diff": "60%", "task": "60%"}, "add up to 120.0000%"),
        ({}, "add up to 0.0000%"),
        ({"diff": 2}, "less than or equal to 1"),
    ],
)
def test_shares_that_cannot_be_are_refused_with_the_remedy(shares: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match="commit") as error:
        RenderOptions.model_validate({"commit": shares})
    assert said in str(error.value)


def test_the_order_of_shares_says_nothing() -> None:
    first = RenderOptions.model_validate({"commit": {"task": 0.3, "diff": 0.7}})
    second = RenderOptions.model_validate({"commit": {"diff": 0.7, "task": 0.3, "before_after": 0}})
    assert list(first.shares("commit").items()) == list(second.shares("commit").items())


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"pull_request": {"task": 1}}, {"before", "untouched"}),
        ({"pull_request": {"story": 1}}, set()),
        ({"pull_request": {"story": 1}, "special_tokens": True}, {"before"}),
        ({"review": {"fix": 0.5, "thread": 0.5}}, {"before"}),
        ({"preferences": True}, {"versions"}),
    ],
)
def test_layouts_of_requests_and_reviews_ask_for_what_they_show(
    options: dict[str, object], wanted: set[str]
) -> None:
    assert RenderOptions.model_validate(options).wanted == wanted


@pytest.mark.parametrize(
    ("shares", "wanted"),
    [
        ({"diff": 1}, set()),
        ({"diff": 0.9, "before_after": 0.1}, {"before"}),
        ({"task": 1}, {"before", "untouched"}),
        ({"diff": 1, "task": 0}, set()),
    ],
)
def test_nothing_is_asked_of_the_harvest_that_no_layout_reads(
    shares: dict[str, float], wanted: set[str]
) -> None:
    assert RenderOptions(commit=shares).wanted == wanted
