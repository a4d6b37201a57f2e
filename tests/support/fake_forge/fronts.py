"""Every forge that has a front: its connector, the front, and how its published schema checks what the connector asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cooldown_connectors.azure_devops import AzureDevOpsConnector
from cooldown_connectors.forge.connector import ForgeConnector
from cooldown_connectors.gitea import GiteaConnector
from cooldown_connectors.github import GitHubConnector
from cooldown_connectors.gitlab import GitLabConnector

from fake_forge.azure import AzureFront, AzureQueriesSchema
from fake_forge.bitbucket_cloud import BitbucketCloudFront, CloudOnLoopback
from fake_forge.data_center import DataCenterConnector, DataCenterFront
from fake_forge.gitea import GiteaFront
from fake_forge.github import GitHubFront
from fake_forge.gitlab import GitLabFront
from fake_forge.server import Asked, Front
from fake_forge.world import World
from forge_testing.schemas import BitbucketCloudSchema, BitbucketServerSchema, GiteaSchema
from forge_testing.schemas.github import GitHubSchema
from forge_testing.schemas.gitlab import GitLabSchema


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
    has_ranges: bool = True
    """Whether a comment on code is on a range of lines; else it is on its last one."""
    says_edits: bool = True
    """Whether lists of requests tell of a comment that was edited; else it is known when anything else happens."""
    page_sizes: tuple[str, ...] = ()
    """Constants of the connector that say how many things it asks for at once: tests make them small, so that there are many pages."""

    def check(self, asked: Asked) -> None:
        """Raise AssertionError where the forge documents no such question."""
        self.schema().check(asked.method, asked.path, asked.pairs, asked.body)


FORGES: dict[str, Fronted] = {
    "github": Fronted(
        "github",
        GitHubConnector,
        GitHubFront,
        GitHubSchema,
        page_sizes=(
            "cooldown_connectors.github.asking.LIST",
            "cooldown_connectors.github.asking.NODE_PAGE",
            "cooldown_connectors.github.documents.REQUESTS",
            "cooldown_connectors.github.documents.ISSUES",
            "cooldown_connectors.github.documents.DISCUSSIONS",
        ),
    ),
    "gitlab": Fronted(
        "gitlab",
        GitLabConnector,
        GitLabFront,
        GitLabSchema,
        calls_to_go_on=14,
        says_where_issues_went=False,
        page_sizes=(
            "cooldown_connectors.gitlab.forge.PAGE",
            "cooldown_connectors.gitlab.questions.PAGE",
        ),
    ),
    "gitea": Fronted(
        "gitea",
        GiteaConnector,
        GiteaFront,
        GiteaSchema,
        size_names=("limit",),
        quiet_calls=12,
        calls_to_go_on=8,
        says_where_issues_went=False,
        has_ranges=False,
        page_sizes=("cooldown_connectors.gitea.listing.MOST",),
    ),
    "bitbucket_cloud": Fronted(
        "bitbucket_cloud",
        CloudOnLoopback,
        BitbucketCloudFront,
        BitbucketCloudSchema,
        size_names=("pagelen",),
        calls_to_go_on=8,
        says_where_issues_went=False,
        page_sizes=("cooldown_connectors.bitbucket.cloud.MOST",),
    ),
    "bitbucket_data_center": Fronted(
        "bitbucket_data_center",
        DataCenterConnector,
        DataCenterFront,
        BitbucketServerSchema,
        repository="PAY/payments",
        size_names=("limit",),
        calls_to_go_on=8,
        says_edits=False,
        page_sizes=("cooldown_connectors.bitbucket.data_center.MOST",),
    ),
    "azure_devops": Fronted(
        "azure_devops",
        AzureDevOpsConnector,
        AzureFront,
        AzureQueriesSchema,
        repository="acme/Pay/payments",
        size_names=("$top",),
        quiet_calls=140,  # what is open or was closed lately is looked into each time: no list says what was said
        calls_to_go_on=14,
        page_sizes=(
            "cooldown_connectors.azure_devops.requests.PAGE",
            "cooldown_connectors.azure_devops.work_items.AT_ONCE",
        ),
    ),
}
