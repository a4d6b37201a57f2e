"""Events keep their type and their values over a line of JSON."""

from __future__ import annotations

import json

import msgspec
import pytest

from cooldown_kit.events import (
    Artefact,
    Checkpoint,
    Event,
    Message,
    Metric,
    Progress,
    StageFinished,
    StageStarted,
    decode,
    encode,
)

EVENTS: list[Event] = [
    StageStarted(stage="harvest", detail="payments"),
    StageFinished(stage="harvest", seconds=1.5, cached=False, summary={"records": 3}),
    Progress(stage="mix", done=3, total=10, unit="sequences"),
    Metric(stage="train", step=4, values={"loss": 2.5}),
    Checkpoint(stage="train", step=4, path="/runs/checkpoint-4", bytes=1024, loss=2.5),
    Message(stage="plan", level="warning", text="few documents"),
    Artefact(stage="report", name="report", path="report.html"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_an_event_comes_back_from_its_line(event: Event) -> None:
    line = encode(event)
    assert b"\n" not in line
    assert decode(line) == event
    assert json.loads(line)["type"]


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b'{"type": "stage_exploded", "stage": "mix"}')
