"""Studies: arms times seeds, one job each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from cooldown_kit.client.states import State
from cooldown_kit.client.wire.bodies import Answer, Request
from cooldown_kit.client.wire.names import DatasetReference, Labels, Name, RecipeContent
from cooldown_kit.client.wire.results import SuiteResult
from cooldown_kit.client.wire.words import Open


class StudyCreate(Request):
    """Arms times seeds: one job each, compared at the end. An arm is a set of options that differ from the recipe's."""

    name: Name
    recipe: RecipeContent
    arms: Annotated[dict[Name, dict[str, Any]], Field(min_length=1, max_length=16)]
    """Arm → dotted options: `{"no-code": {"mix.code_share": 0}}`; an empty one is the recipe as it is."""
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1, max_length=16)] = [17]
    dataset: DatasetReference | None = None
    gpus: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = "auto"
    priority: int = Field(default=50, ge=0, le=100)
    metadata: Labels = {}


class StudyCell(Answer):
    arm: str
    seed: int
    job: str
    state: Open[State]
    evidence: list[SuiteResult] = []


class Study(Answer):
    id: str
    object: Literal["study"] = "study"
    name: str
    project: str
    arms: dict[str, dict[str, Any]]
    seeds: list[int]
    cells: list[StudyCell]
    created_by: str
    created_at: datetime
