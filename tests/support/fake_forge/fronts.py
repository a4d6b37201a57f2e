"""Every forge that has a front: its connector, the front, and how its published schema checks what the connector asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cooldown_connectors.forge.connector import ForgeConnector
from cooldown_connectors.github import GitHubConnector
from fake_forge.github import GitHubFront
from fake_forge.server import Asked, Front
from fake_forge.world import World
from forge_testing.schemas.github import GitHubSchema


@dataclass(frozen=True)
class Fronted:
    """A forge as the tests of all forges need it."""

    name: str
    connector: Callable[[], ForgeConnector]
    front: Callable[[World], Front]
    schema: Callable[[], Any]
    repository: str = "acme/payments"
    prefix: str = ""
    """What stands before the API's paths on the server; the schema knows them without it."""
    size_names: tuple[str, ...] = ("per_page", "first")
    """What the size of a page is called."""
    quiet_calls: int = 8
    """Questions of a harvest that finds nothing new."""
    calls_to_go_on: int = 3
    """Questions with which a harvest gets at least a page further: what it begins with, and one more."""
    says_where_issues_went: bool = True

    def check(self, asked: Asked) -> None:
        """Raise AssertionError where the forge documents no such question."""
        self.schema().check(asked.method, asked.path, asked.pairs, asked.body)


FORGES: dict[str, Fronted] = {
    "github": Fronted("github", GitHubConnector, GitHubFront, GitHubSchema),
}
