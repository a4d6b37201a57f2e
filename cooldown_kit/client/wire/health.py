"""Whether the service answers, and whether it can work."""

from __future__ import annotations

from typing import Literal

from cooldown_kit.client.wire.bodies import Answer
from cooldown_kit.client.wire.words import Open


class Health(Answer):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str


class Readiness(Answer):
    """The process can do its work."""

    status: Literal["ready"] = "ready"
    version: str
    database: Open[Literal["sqlite", "postgresql"]]
    database_schema: str
    workers: int
    """Workers that have been heard of lately. None: jobs are accepted, and wait."""
