"""Requests and answers are held to what GitHub publishes."""

from __future__ import annotations

import pytest

from forge_testing.catalogue import find
from forge_testing.schemas import GitHubSchema
from forge_testing.schemas.github_graphql import nodes

GITHUB = GitHubSchema()
QUERY = """
query($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequests(first: 25, after: $after, orderBy: {field: UPDATED_AT, direction: ASC}) {
      pageInfo { hasNextPage endCursor }
      nodes { number ...Threads }
    }
  }
}
fragment Threads on PullRequest {
  reviewThreads(first: 50) { nodes { isResolved comments(first: 20) { nodes { body diffHunk } } } }
}
"""


def graphql(query: str = QUERY, **variables: object) -> dict[str, object]:
    return {"query": query, "variables": {"owner": "a", "name": "b", **variables}}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/repos/a/b", None),
        ("/repos/a/b/pulls", "state=all&sort=updated&direction=desc&per_page=100"),
        ("/repos/a/b/pulls/comments", {"since": "2020-01-01T00:00:00Z", "sort": "updated"}),
        ("/repos/a/b/issues/comments", {"since": "2020-01-01T00:00:00Z", "per_page": 100}),
        ("/repos/a/b/pulls/1/reviews", {"page": 2}),
        ("/api/v3/repos/a/b/labels", {}),
        ("/repositories/161636700/pulls", [("page", "2")]),
    ],
)
def test_documented_requests_pass(path, query):
    GITHUB.check("GET", path, query)


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/repos/a/b/pulls", {"per_page": 101}, "per_page=101: more than 100"),
        ("/repos/a/b/pulls", {"since": "2020-01-01T00:00:00Z"}, "'since' is not documented"),
        ("/repos/a/b/pulls", {"state": "merged"}, "state=merged: not one of open, closed, all"),
        ("/repos/a/b/issues", {"since": "yesterday"}, "since=yesterday: no ISO 8601 time"),
        ("/repos/a/b/issues", {"since": "2020-01-01T00:00:00"}, "a time without its zone"),
        ("/repos/a/b/pulls/one/commits", {}, "/repos/a/b/pulls/one/commits is not documented"),
        ("/repos/a/b/pulls", {"page": "first"}, "page=first: no integer"),
        ("/repositories/b/pulls", {}, "is not documented"),
    ],
)
def test_what_is_not_documented_is_named(path, query, told):
    with pytest.raises(AssertionError, match=told):
        GITHUB.check("GET", path, query)


def test_a_method_that_a_path_does_not_have_is_refused():
    with pytest.raises(AssertionError, match="DELETE /repos/a/b/pulls is not documented"):
        GITHUB.check("DELETE", "/repos/a/b/pulls")


def test_a_json_body_is_held_to_its_schema():
    GITHUB.check("POST", "/repos/a/b/issues", None, {"title": "x"})
    with pytest.raises(AssertionError, match="'title' is a required property"):
        GITHUB.check("POST", "/repos/a/b/issues", None, {"body": "x"})


def test_a_graphql_document_passes_with_its_fragments():
    GITHUB.check("POST", "/graphql", None, graphql(after="cursor"))
    assert nodes(graphql()) == 25 + 25 * 50 + 25 * 50 * 20


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (graphql(QUERY.replace("isResolved", "isSolved")), "Cannot query field 'isSolved'"),
        (graphql(QUERY.replace("nodes { number", "nodes { number {")), "Syntax Error"),
        ({"query": QUERY, "variables": {"owner": "a"}}, r"Variable '\$name' of required type 'String!'"),
        (graphql(before="x"), "the variables before are not declared"),
        (graphql(QUERY.replace("first: 50", "first: 101")), "`reviewThreads` asks for a page of 101"),
        (graphql(QUERY.replace("(first: 50)", "")), "`reviewThreads` asks for neither `first` nor `last`"),
        (
            graphql(QUERY.replace("first: 25", "first: 100").replace("first: 20", "first: 100")),
            "asks for 505100 nodes",
        ),
        (graphql() | {"queries": []}, "the body has queries"),
    ],
)
def test_a_graphql_mistake_is_named(body, told):
    with pytest.raises(AssertionError, match=told):
        GITHUB.check("POST", "/graphql", None, body)


@pytest.mark.parametrize(
    "resource", ["reviews", "review comments", "issue comments", "pull files", "labels", "releases"]
)
def test_recorded_answers_are_as_documented(resource):
    [entry] = find("github", resource)
    GITHUB.check_response("GET", entry.target.partition("?")[0], 200, entry.exchange().json())


def test_a_made_up_answer_that_differs_is_refused():
    [entry] = find("github", "review comments")
    comments = entry.exchange().json()
    comments[0]["path"] = 7
    del comments[1]["diff_hunk"]
    with pytest.raises(
        AssertionError, match=r"at /0/path: 7 is not of type 'string'.*at /1: 'diff_hunk' is a required"
    ):
        GITHUB.check_response("GET", "/repos/a/b/pulls/1/comments", 200, comments)


def test_a_status_that_is_not_documented_is_refused():
    with pytest.raises(AssertionError, match=r"the answer 418 .* is not documented"):
        GITHUB.check_response("GET", "/repos/a/b/pulls", 418, {})
