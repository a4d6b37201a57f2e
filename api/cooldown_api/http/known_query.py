"""Query parameters that a route does not know are refused: a filter that is misspelt would else find everything."""

from __future__ import annotations

import difflib

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from cooldown_api.problems import ProblemError
from cooldown_api.values import scrub
from cooldown_kit.client.wire import FieldProblem

_MOST = 50
"""Problems of one request that are told."""


def check_query(request: Request) -> None:
    """Raises :class:`ProblemError` ``validation`` for a parameter that the route does not know, and for one given twice that has one value.

    Routes that are not in the OpenAPI document answer browsers, which carry along what others appended to a link.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    known = _parameters(route)
    counts: dict[str, int] = {}
    for name, _ in request.query_params.multi_items():
        counts[name] = counts.get(name, 0) + 1
    found = [
        FieldProblem(where=scrub(_shown(name)), message=message)
        for name, count in counts.items()
        if (message := _wrong(name, count, known)) is not None
    ][:_MOST]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        first = found[0]
        raise ProblemError(
            "validation",
            f"{first.where}: {first.message}{more}",
            where=first.where,
            remedy="GET /openapi.json tells the parameters of every route",
            errors=found,
        )


def _wrong(name: str, count: int, known: dict[str, bool]) -> str | None:
    base, bracket, _ = name.partition("[")
    if base not in known or (bracket and base != "metadata"):  # the only one that is an object
        near = difflib.get_close_matches(base, known, n=1)
        return f"no query parameter of this route{f'; the nearest is `{near[0]}`' if near else ''}"
    if count > 1 and not known[base]:
        return f"given {count} times, and has one value"
    return None


def _parameters(route: APIRoute) -> dict[str, bool]:
    """Names of the query parameters, and whether each may stand more than once."""
    found = {
        field.alias: "list[" in str(field.field_info.annotation)
        for field in get_flat_params(route.dependant)
        if isinstance(field.field_info, Query)
    }
    for parameter in (route.openapi_extra or {}).get("parameters", ()):
        found[parameter["name"]] = True  # objects and lists, which the route reads by itself
    return found


def _shown(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()[:200]
