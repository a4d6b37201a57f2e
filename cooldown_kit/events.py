"""The one stream of run events that progress bars, logs, the database and SSE all read.

A stage never prints. It calls ``emit(event)``; whoever wants to see something subscribes.
Every event is a small frozen struct with a ``type`` tag, so ``msgspec.json.encode(event)`` is at once
the line of ``events.jsonl``, the row of a database and the payload of a server-sent event.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

import msgspec


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    """``time`` is seconds since the epoch, UTC; ``run`` is set by the pipeline before anyone sees it."""

    time: float = msgspec.field(default_factory=time.time)
    run: str | None = None
    stage: str


class StageStarted(_Event, frozen=True, kw_only=True, tag="stage_started"):
    detail: str = ""
    """What the stage works on, for example the name of the source."""


class StageFinished(_Event, frozen=True, kw_only=True, tag="stage_finished"):
    detail: str = ""
    seconds: float
    cached: bool
    """True where the output was already there and nothing was computed."""
    summary: dict[str, Any]
    """The counters of the stage: small, JSON-like, the same as in its manifest."""


class Progress(_Event, frozen=True, kw_only=True, tag="progress"):
    detail: str = ""
    done: float
    total: float | None = None
    unit: str


class Metric(_Event, frozen=True, kw_only=True, tag="metric"):
    """Numbers by step, for example ``{"loss": 2.1, "loss/handbook": 2.4, "tokens/handbook": 812, "learning_rate": 1e-4}``; losses in nats per token."""

    step: int
    values: dict[str, float]


class Checkpoint(_Event, frozen=True, kw_only=True, tag="checkpoint"):
    """A checkpoint of training is whole. Later ones replace it, and the export removes the last: whoever wants it copies it."""

    step: int
    """Finished steps, from 1."""
    path: str
    """Its folder, absolute."""
    bytes: int
    """Size of all its files."""
    loss: float | None = None
    """Loss of that step, in nats per token."""


class Message(_Event, frozen=True, kw_only=True, tag="message"):
    level: Literal["info", "warning", "error"] = "info"
    text: str


class Artefact(_Event, frozen=True, kw_only=True, tag="artefact"):
    """A file or folder that a person may want: the adapter, the model, the report."""

    name: str
    path: str


Event = StageStarted | StageFinished | Progress | Metric | Checkpoint | Message | Artefact
Emit = Callable[[Event], None]


def ignore(event: Event) -> None:
    """An :data:`Emit` for callers who want no events."""
    del event


def encode(event: Event) -> bytes:
    """One event as one line of JSON, without the newline."""
    return msgspec.json.encode(event)


def decode(line: bytes | str) -> Event:
    """The event that :func:`encode` wrote. Raises ``msgspec.DecodeError`` on anything else."""
    event: Event = msgspec.json.decode(line, type=Event)
    return event
