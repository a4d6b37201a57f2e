"""Repositories of a request become sources and shares of a recipe."""

from __future__ import annotations

import pytest
from cooldown_api.files.manifest import Repository, sources_of
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.mix.options import MixOptions


def repositories(*items: dict[str, object]) -> list[Repository]:
    return [Repository.model_validate(item) for item in items]


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=40))
def test_shares_follow_the_weights_and_are_a_whole(weights: list[float]) -> None:
    named = [
        {"url": f"https://git.example/r{number}", "weight": weight} for number, weight in enumerate(weights)
    ]
    sources, shares = sources_of(repositories(*named))
    assert len(sources) == len(weights)
    assert list(shares.values()) == pytest.approx([weight / sum(weights) for weight in weights], abs=1e-6)
    MixOptions(shares={"repositories": shares})  # what the recipe asks of shares


def test_two_repositories_of_one_name_are_two_sources() -> None:
    same = [{"url": f"https://{host}.example/team/billing.git", "weight": 1} for host in "ab"]
    sources, _ = sources_of(
        repositories(*same, {"url": "git@c.example:x/ü.git", "name": "mine", "weight": 1})
    )
    assert list(sources) == ["billing", "billing-2", "mine"]


def test_one_repository_needs_no_weight() -> None:
    sources, shares = sources_of(repositories({"connector": "github", "repository": "acme/billing"}))
    assert sources == {"repository-1": {"connector": "github", "repository": "acme/billing"}}
    assert shares == {"repository-1": 1.0}
