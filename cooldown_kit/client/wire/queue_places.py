"""What a queued job waits for, and who holds it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from cooldown_kit.client.states import State
from cooldown_kit.client.wire.bodies import Answer
from cooldown_kit.client.wire.words import Open


class Holder(Answer):
    """Who has what a job waits for. ``job`` is absent where it is of another project."""

    job: str | None = None
    project: str | None = None
    worker: str | None = None
    gpus: list[str] = []
    since: datetime
    estimated_finish_at: datetime | None = None


class Wait(Answer):
    """One thing that a job waits for."""

    kind: Open[Literal["worker", "slot", "gpu", "project_limit", "pause_before_retry", "turn", "executor"]]
    detail: str
    holders: list[Holder] = []


class QueuePlace(Answer):
    """What a job waits for, and who holds it."""

    object: Literal["job.queue"] = "job.queue"
    job: str
    state: Open[State]
    position: int | None
    """1 is next; none where it does not wait."""
    ahead: int
    """Jobs of any project that would be taken before it."""
    waits_for: list[Wait]
    estimated_start_at: datetime | None = None
