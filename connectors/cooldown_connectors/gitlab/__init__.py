"""The ``gitlab`` connector: gitlab.com and GitLab that one runs oneself."""

from __future__ import annotations

from cooldown_connectors.forge.connector import ForgeConnector
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Forge
from cooldown_connectors.gitlab.forge import GitLab


class GitLabOptions(ForgeOptions):
    """Merge requests with their reviews, issues and releases of GitLab."""

    title = "GitLab"
    known_takes = GitLab.takes

    @classmethod
    def split(cls, repository: str) -> object:
        return GitLab().split(repository)


class GitLabConnector(ForgeConnector):
    """See ``docs/connectors/gitlab.md``."""

    Options = GitLabOptions

    def forge_of(self, options: ForgeOptions) -> Forge:  # noqa: ARG002 - there is one GitLab
        return GitLab()


__all__ = ["GitLab", "GitLabConnector", "GitLabOptions"]
