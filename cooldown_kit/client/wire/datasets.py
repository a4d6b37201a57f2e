"""Datasets: documents kept under a name, in versions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from cooldown_kit.client.wire.bodies import Answer, Request
from cooldown_kit.client.wire.names import Labels, Name, RecipeContent
from cooldown_kit.client.wire.words import Open


class DatasetCreate(Request):
    """Harvest and curate, and keep the documents under a name; each time it is asked for is one more version."""

    name: Name
    recipe: RecipeContent
    priority: int = Field(default=50, ge=0, le=100)
    metadata: Labels = {}


class Dataset(Answer):
    id: str
    object: Literal["dataset"] = "dataset"
    name: str
    version: int
    reference: str
    """`name@v3`: what jobs say."""
    project: str
    state: Open[Literal["building", "ready", "failed"]]
    job: str
    """The job that makes it."""
    digest: str | None
    summary: dict[str, Any] | None
    """Counters by stream: read, kept, held out, dropped by reason."""
    created_at: datetime
