"""Requests to the other forges are held to their descriptions, each with what a connector is likely to ask and to mistake."""

from __future__ import annotations

import pytest

from forge_testing.catalogue import catalogue
from forge_testing.recordings import load
from forge_testing.schemas import (
    AzureSchema,
    BitbucketCloudSchema,
    BitbucketServerSchema,
    GiteaSchema,
    GitLabSchema,
)

AZURE, CLOUD, SERVER = AzureSchema(), BitbucketCloudSchema(), BitbucketServerSchema()
GITEA, GITLAB = GiteaSchema(), GitLabSchema()
MR = "/api/v4/projects/a%2Fb/merge_requests"
PULLS = "/api/v1/repos/a/b/pulls"
CLOUD_PULLS = "/2.0/repositories/w/r/pullrequests"
SERVER_PULLS = "/rest/api/1.0/projects/P/repos/r/pull-requests"
AZURE_PULLS = "/org/project/_apis/git/repositories/r/pullrequests"
V = {"api-version": "7.1"}


@pytest.mark.parametrize(
    ("schema", "path", "query"),
    [
        (GITLAB, MR, {"state": "all", "updated_after": "2020-01-01T00:00:00Z", "order_by": "updated_at", "sort": "asc"}),
        (GITLAB, MR, {"pagination": "keyset", "per_page": 100, "cursor": "x"}),
        (GITLAB, f"{MR}/3/discussions", {"per_page": 100}),
        (GITLAB, f"{MR}/3/notes", {"order_by": "created_at", "sort": "asc", "activity_filter": "only_comments"}),
        (GITLAB, f"{MR}/3/approvals", None),
        (GITLAB, f"{MR}/3/versions", {"page": 2}),
        (GITLAB, "/api/v4/projects/7/labels", {"per_page": 100}),
        (GITLAB, "/api/v4/projects/7", {"statistics": True}),
        (GITEA, PULLS, {"state": "all", "sort": "oldest", "limit": 50, "page": 1}),
        (GITEA, f"{PULLS}/3/reviews", {"limit": 50}),
        (GITEA, f"{PULLS}/3/reviews/9/comments", None),
        (GITEA, "/api/v1/repos/a/b/issues/comments", {"since": "2020-01-01T00:00:00Z"}),
        (GITEA, "/api/v1/repos/a/b/issues/3/timeline", {"page": 1}),
        (CLOUD, CLOUD_PULLS, {"state": ["OPEN", "MERGED", "DECLINED"], "pagelen": 50, "q": 'updated_on > "2020"'}),
        (CLOUD, f"{CLOUD_PULLS}/3/comments", {"pagelen": 100, "sort": "created_on"}),
        (CLOUD, f"{CLOUD_PULLS}/3/activity", {"pagelen": 50}),
        (CLOUD, f"{CLOUD_PULLS}/3", {"fields": "id,title"}),
        (SERVER, SERVER_PULLS, {"state": "ALL", "order": "OLDEST", "limit": 100, "start": 25}),
        (SERVER, SERVER_PULLS.replace("1.0", "latest") + "/3/activities", {"limit": 100, "start": 0}),
        (SERVER, f"{SERVER_PULLS}/3/commits", {"limit": 100}),
        (AZURE, AZURE_PULLS, V | {"searchCriteria.status": "all", "$top": 100, "$skip": 0}),
        (AZURE, AZURE_PULLS, V | {"searchCriteria.minTime": "2020-01-01T00:00:00Z", "searchCriteria.queryTimeRangeType": "closed"}),
        (AZURE, f"{AZURE_PULLS}/3/threads", V),
        (AZURE, f"{AZURE_PULLS}/3/iterations/1/changes", V | {"$top": 100}),
        (AZURE, "/org/_apis/projects", V | {"$top": 100}),
        (AZURE, "/tfs/DefaultCollection/_apis/projects", {"api-version": "6.0-preview.1"}),
    ],
)  # fmt: skip
def test_documented_requests_pass(schema, path, query):
    schema.check("GET", path, query)


@pytest.mark.parametrize(
    ("schema", "path", "query", "told"),
    [
        (GITLAB, MR, {"state": "open"}, "state=open: not one of opened"),
        (GITLAB, MR, {"states": "all"}, "'states' is not documented"),
        (GITLAB, MR, {"per_page": 101}, "more than 100"),
        (GITLAB, f"{MR}/3/threads", {}, "is not documented"),
        (GITLAB, MR, {"updated_after": "soon"}, "no ISO 8601 time"),
        (GITLAB, "/projects/7/merge_requests", {}, "is not documented"),
        (GITEA, PULLS, {"state": "merged"}, "not one of"),
        (GITEA, PULLS, {"limit": 100}, "more than 50"),
        (GITEA, PULLS, {"per_page": 50}, "'per_page' is not documented"),
        (GITEA, "/api/v1/repos/a/b/pulls/comments", {}, "is not documented"),
        (CLOUD, CLOUD_PULLS, {"pagelen": 51}, "more than 50"),
        (CLOUD, f"{CLOUD_PULLS}/3", {"pagelen": 10}, "'pagelen' is not documented"),
        (CLOUD, CLOUD_PULLS, {"state": "open"}, "state=open: not one of OPEN"),
        (CLOUD, "/2.0/repositories/w/r/pull-requests", {}, "is not documented"),
        (SERVER, f"{SERVER_PULLS}/3/activities", {"page": 2}, "'page' is not documented"),
        (SERVER, SERVER_PULLS, {"start": "x"}, "start=x: no number"),
        (SERVER, SERVER_PULLS.replace("/rest", ""), {}, "is not documented"),
        (AZURE, AZURE_PULLS, {}, "'api-version' is required"),
        (AZURE, AZURE_PULLS, {"api-version": "latest"}, "api-version=latest is no version"),
        (AZURE, AZURE_PULLS, V | {"searchCriteria.status": "merged"}, "status=merged: not one of notSet"),
        (AZURE, AZURE_PULLS, V | {"searchCriteria.state": "all"}, "'searchCriteria.state' is not documented"),
        (AZURE, f"{AZURE_PULLS}/3/comments", V, "is not documented"),
        (AZURE, "/_apis/projects", V, "has no organization"),
    ],
)  # fmt: skip
def test_what_is_not_documented_is_named(schema, path, query, told):
    with pytest.raises(AssertionError, match=told):
        schema.check("GET", path, query)


@pytest.mark.parametrize("schema", [GITLAB, SERVER, AZURE])
def test_a_body_is_refused_where_connectors_only_read(schema):
    with pytest.raises(AssertionError, match="to have no body"):
        schema.check("POST", "/x", None, {})


@pytest.mark.parametrize(
    "entry",
    [
        e
        for e in catalogue()
        if e.forge in ("gitlab", "forgejo") and e.status == 200 and ".patch" not in e.target
    ],
    ids=lambda entry: f"{entry.forge}-{entry.resource}".replace(" ", "-"),
)
def test_what_a_client_was_recorded_to_ask_is_documented(entry):
    path, _, query = entry.target.partition("?")
    (GITLAB if entry.forge == "gitlab" else GITEA).check("GET", path, query)


def test_recorded_answers_of_forgejo_are_what_gitea_documents():
    for entry in catalogue():
        if entry.forge == "forgejo" and entry.status == 200 and ".patch" not in entry.target:
            GITEA.check_response("GET", entry.target.partition("?")[0], 200, entry.exchange().json())


def test_the_links_that_gitlab_gives_are_documented():
    for exchange in load("ogr:gitlab/test_pull_requests/PullRequests.test_mr_list_limit"):
        path, _, query = exchange.target.partition("?")
        if "merge_requests" in path:
            GITLAB.check("GET", path, query)
