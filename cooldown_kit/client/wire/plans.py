"""What a plan is asked for with; what comes of it is a job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from cooldown_kit.client.wire.bodies import Request
from cooldown_kit.client.wire.names import DatasetReference, Executor, Labels, RecipeContent


class PlanCreate(Request):
    """A dry run: harvests, curates and tokenises, and trains nothing."""

    recipe: RecipeContent
    dataset: DatasetReference | None = None
    """Documents to use in place of the recipe's sources."""
    gpus: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = "auto"
    priority: int = Field(default=50, ge=0, le=100)
    executor: Executor = "local"
    metadata: Labels = {}
