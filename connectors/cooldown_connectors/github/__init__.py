"""The ``github`` connector: github.com and GitHub Enterprise Server."""

from __future__ import annotations

from cooldown_connectors.forge.connector import ForgeConnector
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Forge
from cooldown_connectors.github.forge import GitHub


class GitHubOptions(ForgeOptions):
    """Pull requests with their reviews, issues, discussions and releases of GitHub."""

    title = "GitHub"
    known_takes = GitHub.takes

    @classmethod
    def split(cls, repository: str) -> object:
        return GitHub().split(repository)


class GitHubConnector(ForgeConnector):
    """See ``docs/connectors/github.md``."""

    Options = GitHubOptions

    def forge_of(self, options: ForgeOptions) -> Forge:  # noqa: ARG002 - there is one GitHub
        return GitHub()


__all__ = ["GitHub", "GitHubConnector", "GitHubOptions"]
