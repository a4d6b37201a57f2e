"""The application. It trains nothing and opens no path that a request names: it checks recipes and describes what is installed.

The process that answers requests never imports torch; a test holds that.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from cooldown_kit import __version__
from cooldown_kit import connector as connectors
from cooldown_kit.cli.reference import describe
from cooldown_kit.errors import CooldownError, RecipeError
from cooldown_kit.recipe import Recipe

_MAX_BODY = 1 << 20


class Health(BaseModel):
    """The service is up."""

    status: str = "ok"
    version: str = __version__


class RecipeBody(BaseModel):
    """A recipe as JSON, or as the text of its YAML file."""

    model_config = ConfigDict(extra="forbid")

    recipe: dict[str, Any] | str


class CheckedRecipe(BaseModel):
    """The recipe with every option written out."""

    recipe: dict[str, Any]


class OptionDescription(BaseModel):
    """One option of a recipe or of a connector."""

    name: str
    type: str
    default: str
    help: str


def create_app() -> FastAPI:
    """The application, ready for any ASGI server."""
    app = FastAPI(title="cooldown-kit", version=__version__, docs_url=None, redoc_url=None)
    app.add_exception_handler(RecipeError, _recipe_problem)

    @app.middleware("http")
    async def limit_body(request: Request, call_next: Any) -> Any:
        if int(request.headers.get("content-length") or 0) > _MAX_BODY:
            return _problem(413, "body-too-large", f"a body may have {_MAX_BODY:,} bytes")
        return await call_next(request)

    @app.get("/v1/health")
    def health() -> Health:
        return Health()

    @app.get("/v1/options")
    def options() -> list[OptionDescription]:
        """Every option of a recipe."""
        return [OptionDescription(**vars(option)) for option in describe(Recipe)]

    @app.get("/v1/connectors")
    def list_connectors() -> dict[str, list[OptionDescription]]:
        """Every installed connector with its options."""
        return {
            name: [OptionDescription(**vars(option)) for option in describe(connectors.find(name).Options)]
            for name in connectors.installed()
        }

    @app.post(
        "/v1/recipes/check",
        responses={422: {"description": "What is wrong with the recipe, as a problem (RFC 9457)."}},
    )
    def check(body: RecipeBody) -> CheckedRecipe:
        """Read a recipe strictly and give it back with every option written out. Looks at no path and no repository."""
        return CheckedRecipe(recipe=Recipe.parse(body.recipe).model_dump(mode="json"))

    return app


async def _recipe_problem(request: Request, error: Exception) -> JSONResponse:
    del request
    assert isinstance(error, CooldownError)
    return _problem(422, "recipe", error.what, where=error.where, remedy=error.remedy)


def _problem(status: int, kind: str, detail: str, **more: str | None) -> JSONResponse:
    """An RFC 9457 problem; ``where`` and ``remedy`` are extension members."""
    titles = {"recipe": "The recipe is wrong", "body-too-large": "The body is too large"}
    body = {
        "type": f"urn:cooldown-kit:problem:{kind}",
        "title": titles[kind],
        "status": status,
        "detail": detail,
    }
    body |= {key: value for key, value in more.items() if value}
    return JSONResponse(body, status, media_type="application/problem+json")
