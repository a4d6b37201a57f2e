"""Files that a job leaves: checkpoints while it trains, artefacts at its end."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cooldown_kit.client.wire.bodies import Answer


class Checkpoint(Answer):
    id: str
    object: Literal["job.checkpoint"] = "job.checkpoint"
    job: str
    attempt: int
    step: int
    bytes: int
    metrics: dict[str, float]
    created_at: datetime


class Artefact(Answer):
    name: str
    """Relative path: `report.html`, `adapter/adapter_model.safetensors`."""
    object: Literal["job.artefact"] = "job.artefact"
    bytes: int
    sha256: str
    media_type: str
    created_at: datetime
