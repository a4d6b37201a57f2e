"""The ``azure_devops`` connector: Azure DevOps Services and Azure DevOps Server."""

from __future__ import annotations

from cooldown_connectors.azure_devops.forge import AzureDevOps
from cooldown_connectors.forge.connector import ForgeConnector
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Forge


class AzureDevOpsOptions(ForgeOptions):
    """Pull requests with their reviews, and work items, of Azure DevOps."""

    title = "Azure DevOps"
    known_takes = AzureDevOps.takes

    @classmethod
    def split(cls, repository: str) -> object:
        return AzureDevOps().split(repository)


class AzureDevOpsConnector(ForgeConnector):
    """See ``docs/connectors/azure-devops.md``."""

    Options = AzureDevOpsOptions

    def forge_of(self, options: ForgeOptions) -> Forge:  # noqa: ARG002 - there is one
        return AzureDevOps()


__all__ = ["AzureDevOps", "AzureDevOpsConnector", "AzureDevOpsOptions"]
