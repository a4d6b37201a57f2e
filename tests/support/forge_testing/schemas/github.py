"""GitHub's REST and GraphQL APIs, as `@octokit/openapi` and `@octokit/graphql-schema` publish them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from forge_testing.packages import package_file
from forge_testing.schemas.github_graphql import check_graphql
from forge_testing.schemas.openapi import OpenApi
from forge_testing.schemas.operations import Query

# Link headers of api.github.com lead to addresses by number, which the description does not list; GitHub answers them
# as it answers those by name (recorded in ogr's and github3.py's cassettes).
BY_NUMBER = re.compile(r"/repositories/\d+(?=/|$)")
# Null in recorded answers: comments on lines that are gone, labels without a description.
NULL_FOR = ("description", "line", "position", "start_line", "start_side")


class GitHubSchema:
    """Requests and answers of api.github.com, or of an Enterprise server ("/api/v3", "/api/graphql")."""

    def check(self, method: str, path: str, query: Query = None, json_body: Any = None) -> None:
        """Raise AssertionError naming what is not documented: a path, a parameter, a value, a GraphQL field.

        Worked example: `GitHubSchema().check("GET", "/repos/a/b/pulls", {"per_page": 101})` raises, since 100 is the
        documented maximum.
        """
        if path in ("/graphql", "/api/graphql"):
            assert method == "POST", f"GitHub GraphQL is asked with POST, not {method}"
            check_graphql(json_body)
        else:
            rest().check(method, _own(path), query, json_body)

    def check_response(self, method: str, path: str, status: int, json_body: Any) -> None:
        """Raise AssertionError unless an answer of REST is an instance of its documented schema."""
        rest().check_response(method, _own(path), status, json_body)


def _own(path: str) -> str:
    """The path as the description has it."""
    return BY_NUMBER.sub("/repos/_/_", path.removeprefix("/api/v3"), count=1)


@cache
def rest() -> OpenApi:
    """The REST description (13 MB), read once."""
    return OpenApi(
        "GitHub REST", package_file("@octokit/openapi", "generated/api.github.com.json"), null_for=NULL_FOR
    )
