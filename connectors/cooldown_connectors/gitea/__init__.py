"""The ``gitea`` connector, also known as ``forgejo``: the two forges speak the same API."""

from __future__ import annotations

from cooldown_connectors.forge.connector import ForgeConnector
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Forge
from cooldown_connectors.gitea.forge import Forgejo, Gitea


class GiteaOptions(ForgeOptions):
    """Pull requests with their reviews, issues and releases of Gitea."""

    title = "Gitea"
    known_takes = Gitea.takes

    @classmethod
    def split(cls, repository: str) -> object:
        return Gitea().split(repository)


class ForgejoOptions(GiteaOptions):
    """Pull requests with their reviews, issues and releases of Forgejo."""

    title = "Forgejo"


class GiteaConnector(ForgeConnector):
    """See ``docs/connectors/gitea.md``."""

    Options = GiteaOptions

    def forge_of(self, options: ForgeOptions) -> Forge:  # noqa: ARG002 - there is one Gitea
        return Gitea()


class ForgejoConnector(ForgeConnector):
    """See ``docs/connectors/gitea.md``."""

    Options = ForgejoOptions

    def forge_of(self, options: ForgeOptions) -> Forge:  # noqa: ARG002 - there is one Forgejo
        return Forgejo()


__all__ = ["Forgejo", "ForgejoConnector", "ForgejoOptions", "Gitea", "GiteaConnector", "GiteaOptions"]
