"""What the recordings hold that a connector of pull requests wants, by forge and resource.

`CATALOGUE` is the list, `find` selects from it, and `python -m forge_testing.catalogue` (with `tests/support` on
PYTHONPATH) prints it. `tests/forges/test_catalogue.py` holds each line to its file.

Not recorded anywhere in these packages: a 429 or a 403 for a rate limit (only the X-RateLimit headers of answers that
succeeded), GraphQL, reviews of Gitea and Forgejo, GitLab's merge-request discussions (its notes are, with one position
in a diff), and anything of Bitbucket and Azure DevOps.
"""

from __future__ import annotations

from dataclasses import dataclass

from forge_testing.recordings import Exchange, load


@dataclass(frozen=True)
class Entry:
    """A recorded request worth asking: `source` is what `load` takes; `items` counts a list, None is anything else."""

    forge: str
    resource: str
    source: str
    target: str
    status: int
    items: int | None
    note: str

    def exchange(self) -> Exchange:
        """The recorded exchange itself."""
        matching = (
            each
            for each in load(self.source)
            if (each.method, each.target, each.status) == ("GET", self.target, self.status)
        )
        found = next(matching, None)
        assert found is not None, f"{self.source} holds no {self.status} for GET {self.target}"
        return found


GITHUB = "/repos/packit/ogr"
GITHUB_PULLS = "ogr:github/test_pull_requests/PullRequests"
SIGMA = "/repos/sigmavirus24/github3.py"
GITLAB = "/api/v4/projects/14233409"
GITLAB_PULLS = "ogr:gitlab/test_pull_requests/PullRequests"
FORGEJO = "/api/v1/repos/packit-validator/ogr-tests"
FORGEJO_PULLS = "ogr:forgejo/test_pull_request"
UPDATED = "sort=updated&direction=desc"
SHA = "11b37d913374b14f8519d16c2a2cca3ebc14ac64"

# fmt: off
CATALOGUE = tuple(
    Entry(*fields)
    for fields in (
        ("github", "repository", f"{GITHUB_PULLS}.test_pr_list", GITHUB, 200, None, "ETag, X-RateLimit-*"),
        (
            "github",
            "pulls",
            f"{GITHUB_PULLS}.test_pr_list",
            f"{GITHUB}/pulls?state=all&{UPDATED}",
            200,
            30,
            "9 pages of 30 through Link, which goes to /repositories/161636700/…; the last has 29",
        ),
        (
            "github",
            "pull",
            f"{GITHUB_PULLS}.test_pr_info",
            f"{GITHUB}/pulls/1",
            200,
            None,
            "merged; merge_commit_sha",
        ),
        (
            "github",
            "pull not found",
            f"{GITHUB_PULLS}.test_pr_not_exists",
            f"{GITHUB}/pulls/100000000000000000000",
            404,
            None,
            "error object",
        ),
        (
            "github",
            "reviews",
            "github3.py:PullRequest_pull_reviews",
            f"{SIGMA}/pulls/671/reviews?per_page=100",
            200,
            5,
            "all COMMENTED with an empty body; beside /pulls/671",
        ),
        (
            "github",
            "review comments",
            "github3.py:PullRequest_review_comments",
            f"{SIGMA}/pulls/235/comments?per_page=100",
            200,
            3,
            "diff_hunk, path; position null for two that are outdated; no pull_request_review_id; beside /pulls/235",
        ),
        (
            "github",
            "issue comments",
            "ogr:github/test_comments/Comments.test_pr_comments_author",
            f"{GITHUB}/issues/217/comments",
            200,
            10,
            "bots and people; beside /pulls/217",
        ),
        (
            "github",
            "pull commits",
            "github3.py:PullRequest_commits",
            f"{SIGMA}/pulls/235/commits?per_page=100",
            200,
            2,
            "",
        ),
        (
            "github",
            "pull files",
            "github3.py:PullRequest_files",
            f"{SIGMA}/pulls/235/files?per_page=100",
            200,
            2,
            "patch",
        ),
        (
            "github",
            "pull patch",
            f"{GITHUB_PULLS}.test_pr_patch",
            "/packit/hello-world/pull/113.patch",
            200,
            None,
            "text, of github.com",
        ),
        (
            "github",
            "issues",
            "github3.py:Repository_issues_state_all",
            "/repos/betamaxpy/betamax/issues?state=all&per_page=100",
            200,
            100,
            "pull requests among them; page 2 (50) through Link to /repositories/11439734/…",
        ),
        (
            "github",
            "renamed repository",
            "github3.py:Repository_issues_state_all",
            "/repos/sigmavirus24/betamax",
            301,
            None,
            "Location: /repositories/11439734, which is recorded too",
        ),
        (
            "github",
            "pagination",
            "octokit:paginate-issues",
            "/repos/octokit-fixture-org/tmp-scenario-paginate-issues-20220719043836917-izyoe/issues?per_page=3",
            200,
            3,
            "5 pages through Link: 3, 3, 3, 3, 1",
        ),
        ("github", "labels", "github3.py:Repository_labels", f"{SIGMA}/labels?per_page=100", 200, 15, ""),
        (
            "github",
            "issue labels",
            "github3.py:Issue_labels",
            f"{SIGMA}/issues/187/labels?per_page=100",
            200,
            5,
            "",
        ),
        (
            "github",
            "commits",
            "ogr:github/test_generic_commands/GenericCommands.test_commits",
            f"{GITHUB}/commits?sha=main",
            200,
            30,
            "many pages through Link",
        ),
        (
            "github",
            "commit comments",
            "github3.py:Repository_comments",
            f"{SIGMA}/comments?per_page=100",
            200,
            65,
            "",
        ),
        (
            "github",
            "statuses",
            "ogr:github/test_generic_commands/GenericCommands.test_get_commit_statuses",
            f"{GITHUB}/statuses/c891a9e4ac01e6575f3fd66cf1b7db2f52f10128",
            200,
            30,
            "page 2 (14) through Link",
        ),
        (
            "github",
            "releases",
            "ogr:github/test_releases/Releases.test_get_releases",
            f"{GITHUB}/releases",
            200,
            23,
            "",
        ),
        (
            "github",
            "no release",
            "ogr:github/test_releases/Releases.test_latest_release_doesnt_exist",
            "/repos/mfocko/ogr-playground/releases/latest",
            404,
            None,
            "error object",
        ),
        (
            "github",
            "rate limit",
            "ogr:github/test_service/Service.test_get_rate_limit_remaining",
            "/rate_limit",
            200,
            None,
            "core, search, graphql",
        ),
        (
            "github",
            "bad credentials",
            "ogr:github/test_service/Service.test_wrong_auth_static_method",
            GITHUB,
            401,
            None,
            "error object",
        ),
        (
            "github",
            "not modified",
            "github3.py:Branch_latest_sha",
            "/repos/PyCQA/flake8/commits/stable/2.6",
            304,
            None,
            "the only 304",
        ),
        (
            "gitlab",
            "project",
            f"{GITLAB_PULLS}.test_pr_info",
            "/api/v4/projects/packit-service%2Fogr-tests",
            200,
            None,
            "id 14233409",
        ),
        (
            "gitlab",
            "merge requests",
            f"{GITLAB_PULLS}.test_mr_list_limit",
            f"{GITLAB}/merge_requests?state=all&order_by=updated_at&sort=desc",
            200,
            20,
            "5 pages through Link, which adds id, per_page, with_labels_details, with_merge_status_recheck: 20, 20, 20, 20, 4; "
            "recorded twice",
        ),
        (
            "gitlab",
            "merge request",
            f"{GITLAB_PULLS}.test_pr_info",
            f"{GITLAB}/merge_requests/1",
            200,
            None,
            "diff_refs",
        ),
        (
            "gitlab",
            "merge request not found",
            f"{GITLAB_PULLS}.test_pr_not_exists",
            f"{GITLAB}/merge_requests/100000000000000000000",
            404,
            None,
            "error object",
        ),
        (
            "gitlab",
            "notes",
            f"{GITLAB_PULLS}.test_get_all_pr_comments",
            f"{GITLAB}/merge_requests/1/notes?sort=asc",
            200,
            20,
            "3 pages through Link: 20, 20, 10; system notes among them",
        ),
        (
            "gitlab",
            "notes in a diff",
            f"{GITLAB_PULLS}.test_pr_comments_updates",
            f"{GITLAB}/merge_requests/19/notes?sort=asc",
            200,
            4,
            "the last is a DiffNote with its position",
        ),
        (
            "gitlab",
            "commit discussions",
            "ogr:gitlab/test_generic_commands/GenericCommands.test_get_commit_comment",
            f"{GITLAB}/repository/commits/{SHA}/discussions",
            200,
            20,
            "notes in threads; Link",
        ),
        (
            "gitlab",
            "merge request commits",
            f"{GITLAB_PULLS}.test_get_all_pr_commits",
            f"{GITLAB}/merge_requests/1/commits",
            200,
            2,
            "Link without next",
        ),
        (
            "gitlab",
            "merge request patch",
            f"{GITLAB_PULLS}.test_pr_patch",
            "/packit-service/ogr-tests/-/merge_requests/3.patch",
            200,
            None,
            "text",
        ),
        (
            "gitlab",
            "issues",
            "ogr:gitlab/test_issues/Issues.test_get_issue_list",
            f"{GITLAB}/issues?state=opened&order_by=updated_at&sort=desc",
            200,
            20,
            "3 pages through Link",
        ),
        (
            "gitlab",
            "issue notes",
            "ogr:gitlab/test_issues/Issues.test_issue_updates",
            f"{GITLAB}/issues/1/notes?sort=asc",
            200,
            20,
            "Link",
        ),
        (
            "gitlab",
            "commits",
            "ogr:gitlab/test_generic_commands/GenericCommands.test_commits",
            f"{GITLAB}/repository/commits?ref_name=master",
            200,
            18,
            "",
        ),
        (
            "gitlab",
            "statuses",
            "ogr:gitlab/test_generic_commands/GenericCommands.test_get_commit_statuses",
            f"{GITLAB}/repository/commits/{SHA}/statuses",
            200,
            2,
            "",
        ),
        (
            "gitlab",
            "releases",
            "ogr:gitlab/test_releases/Releases.test_get_releases_pagination",
            "/api/v4/projects/4207231/releases",
            200,
            20,
            "4 pages through Link: 20, 20, 20, 1",
        ),
        (
            "gitlab",
            "bad credentials",
            "ogr:gitlab/test_service/Service.test_wrong_auth",
            "/api/v4/user",
            401,
            None,
            "error object",
        ),
        (
            "forgejo",
            "repository",
            "ogr:forgejo/test_issues/Issues.test_get_issue_list",
            FORGEJO,
            200,
            None,
            "",
        ),
        (
            "forgejo",
            "pulls",
            f"{FORGEJO_PULLS}/test_pr_list",
            f"{FORGEJO}/pulls?state=all&page=1",
            200,
            30,
            "pages 1 to 5 with Link and X-Total-Count: 30, 30, 30, 6, 0",
        ),
        ("forgejo", "pull", f"{FORGEJO_PULLS}/test_pr_info", f"{FORGEJO}/pulls/119", 200, None, "merge_base"),
        (
            "forgejo",
            "pull not found",
            f"{FORGEJO_PULLS}/test_pr_not_exists",
            f"{FORGEJO}/pulls/2000",
            404,
            None,
            "",
        ),
        (
            "forgejo",
            "issue comments",
            "ogr:forgejo/test_comments/Comments.test_pr_comments",
            f"{FORGEJO}/issues/209/comments",
            200,
            3,
            "of pull request 209, which is beside it",
        ),
        (
            "forgejo",
            "pull commits",
            f"{FORGEJO_PULLS}/test_get_all_pr_commits",
            f"{FORGEJO}/pulls/119/commits?page=1",
            200,
            2,
            "page 2 is empty",
        ),
        (
            "forgejo",
            "pull patch",
            f"{FORGEJO_PULLS}/test_pr_patch",
            "/packit-validator/ogr-tests/pulls/119.patch",
            200,
            None,
            "text",
        ),
        (
            "forgejo",
            "issues",
            "ogr:forgejo/test_issues/Issues.test_get_issue_list",
            f"{FORGEJO}/issues?state=open&type=issues&page=1",
            200,
            30,
            "pages 1 to 5: 30, 30, 30, 17, 0",
        ),
        (
            "forgejo",
            "commits",
            "ogr:forgejo/test_project/test_commits",
            f"{FORGEJO}/commits?page=1",
            200,
            18,
            "",
        ),
        (
            "forgejo",
            "statuses",
            "ogr:forgejo/test_generic_commands/test_set_commit_status",
            f"{FORGEJO}/statuses/{SHA}?page=1",
            200,
            14,
            "",
        ),
        (
            "forgejo",
            "releases",
            "ogr:forgejo/test_release/test_get_releases",
            f"{FORGEJO}/releases?page=1",
            200,
            12,
            "page 2 is empty",
        ),
    )
)
# fmt: on


def find(forge: str | None = None, resource: str | None = None) -> list[Entry]:
    """The entries of a forge ("github", "gitlab", "forgejo"), of a resource, or of both."""
    return [e for e in CATALOGUE if forge in (None, e.forge) and resource in (None, e.resource)]


if __name__ == "__main__":
    for entry in CATALOGUE:
        size = "" if entry.items is None else f"[{entry.items}]"
        print(
            f"{entry.forge:8} {entry.resource:24} {entry.status} {size:5} {entry.source}\n{'':40}{entry.target}"
        )
