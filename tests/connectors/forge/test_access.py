"""From a source's options to whoever asks: whose bounds hold."""

from __future__ import annotations

from cooldown_connectors.forge.access import limits_of
from cooldown_connectors.forge.protocol import Limits
from cooldown_connectors.github import GitHub, GitHubOptions


def options(**more: str) -> GitHubOptions:
    return GitHubOptions.model_validate({"connector": "github", "repository": "acme/payments", **more})


def test_the_makers_bounds_hold_for_the_makers_service_and_not_for_a_server_of_ones_own() -> None:
    """GitHub Enterprise Server bounds nothing unless its owner says so, and says then in each answer how much is left."""
    assert limits_of(GitHub(), options()) == GitHub.limits
    assert limits_of(GitHub(), options(url="https://github.com/")) == GitHub.limits
    assert limits_of(GitHub(), options(url="https://git.acme.example")) == Limits()
