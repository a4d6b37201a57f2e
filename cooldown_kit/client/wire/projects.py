"""Projects, their limits, and what they have used of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from cooldown_kit.client.wire.bodies import Answer, Request


class ProjectUpdate(Request):
    """What is left out stays; an explicit null lifts the limit."""

    name: str | None = Field(default=None, min_length=1, max_length=128)
    weight: float | None = Field(default=None, gt=0, le=1000)
    max_running: int | None = Field(default=None, ge=0, le=100_000)
    max_queued: int | None = Field(default=None, ge=0, le=1_000_000)
    gpu_hours_per_month: float | None = Field(default=None, ge=0, le=1e9)
    job_hours_per_month: float | None = Field(default=None, ge=0, le=1e9)
    storage_bytes: int | None = Field(default=None, ge=0, lt=2**63)


class ProjectCreate(ProjectUpdate):
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class Project(Answer):
    id: str
    object: Literal["project"] = "project"
    name: str
    weight: float
    max_running: int | None
    max_queued: int | None
    gpu_hours_per_month: float | None
    job_hours_per_month: float | None
    storage_bytes: int | None
    created_at: datetime


class UsageReport(Answer):
    """Of one month, UTC. What is held is what submitted jobs may still take."""

    object: Literal["usage"] = "usage"
    project: str
    month: str
    used_job_hours: float
    used_gpu_hours: float
    held_job_hours: float
    held_gpu_hours: float
