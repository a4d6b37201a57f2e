"""The OpenAPI document: what FastAPI derives, with the problem schema, security and the links that it cannot know."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from cooldown_kit.client.wire import Problem

_OPEN: Final = frozenset({"health", "ready"})
"""Operations that anybody may ask."""
_DESCRIPTION: Final = """\
Cool language models down on your own code, commits and text: jobs, plans, datasets and studies.

Lists are pages: `after` takes the `last_id` of the page before. Errors are problems (RFC 9457) with an `error` member that clients of
OpenAI understand. `POST` routes that create something take an `Idempotency-Key`. Paths below `/v1/fine_tuning`, `/v1/files`, `/v1/uploads`
and `/v1/models` speak OpenAI's words.
"""
_TAGS: Final = {
    "service": "Whether it answers.",
    "recipes": "Checking recipes, and what may stand in them.",
    "plans": "Dry runs: what a run would do and cost.",
    "jobs": "Runs of recipes, with everything that they give.",
    "datasets": "Named versions of harvested and curated documents.",
    "studies": "Arms times seeds of one recipe, compared.",
}
_SECURITY: Final[dict[str, Any]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (`ck_…`), or a token of the identity provider that the operator named.",
    }
}


def links(
    status: int, *operations: str, of: str = "id", parameter: str = "id"
) -> dict[int | str, dict[str, Any]]:
    """For ``responses=``: what can be asked about the thing that an answer of that status made, by its member ``of``."""
    return {
        status: {
            "links": {
                operation: {"operationId": operation, "parameters": {parameter: f"$response.body#/{of}"}}
                for operation in operations
            }
        }
    }


def describe_api(app: FastAPI) -> None:
    """Replace the application's document by ours; it is made once, at the first question."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=_DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(schema.pop("$defs", {}))
    schemas["Problem"] = schema
    components["securitySchemes"] = {**components.get("securitySchemes", {}), **_SECURITY}
    for path in made["paths"].values():
        for operation in path.values():
            if operation.get("operationId") not in _OPEN:
                operation.setdefault("security", [{"bearer": []}])
    return made
