"""The ``bitbucket`` connector: bitbucket.org, and Bitbucket Data Center. The address says which: they share a name and little else."""

from __future__ import annotations

from urllib.parse import urlsplit

from cooldown_connectors.bitbucket.cloud import Cloud
from cooldown_connectors.bitbucket.data_center import DataCenter
from cooldown_connectors.forge.connector import ForgeConnector
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Forge

_HOSTED = ("bitbucket.org", "www.bitbucket.org", "api.bitbucket.org")


class BitbucketOptions(ForgeOptions):
    """Pull requests with their reviews of Bitbucket, Cloud or Data Center, and issues of Bitbucket Cloud."""

    title = "Bitbucket"
    known_takes = Cloud.takes

    @classmethod
    def split(cls, repository: str) -> object:
        return Cloud().split(repository)


class BitbucketConnector(ForgeConnector):
    """See ``docs/connectors/bitbucket.md``."""

    Options = BitbucketOptions

    def forge_of(self, options: ForgeOptions) -> Forge:
        if options.url is None or urlsplit(options.url).hostname in _HOSTED:
            return Cloud()
        return DataCenter()


__all__ = ["BitbucketConnector", "BitbucketOptions", "Cloud", "DataCenter"]
