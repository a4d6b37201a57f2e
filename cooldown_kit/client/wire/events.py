"""What a job tells while it runs: events, metrics by step, lines of its log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from cooldown_kit.client.wire.bodies import Answer


class Event(Answer):
    """Something that happened. ``data`` is the event as the pipeline made it, or ``{state, reason, detail, attempt}`` for ``type: state``."""

    id: int
    """Counts from 1 within the job, without gaps."""
    object: Literal["job.event"] = "job.event"
    job: str
    attempt: int
    time: datetime
    type: str
    """`state`, `stage_started`, `stage_finished`, `progress`, `metric`, `message`, `artefact`, `checkpoint`."""
    data: dict[str, Any]


class MetricPoint(Answer):
    stage: str
    step: int
    time: datetime
    attempt: int
    values: dict[str, float]
    """Means over the steps that the point stands for, where ``resolution`` is smaller than their number."""


class Metrics(Answer):
    object: Literal["job.metrics"] = "job.metrics"
    job: str
    resolution: int
    steps: int
    """How many steps there are in the range asked for."""
    data: list[MetricPoint]


class LogLine(Answer):
    id: int
    """Counts from 1 within the job."""
    attempt: int
    time: datetime
    text: str
