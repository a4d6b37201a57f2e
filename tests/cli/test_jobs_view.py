"""What people see of a job: words, tables and small charts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cooldown_kit.cli.jobs import text
from cooldown_kit.cli.jobs.view import LiveView, TextView, Watched
from cooldown_kit.client.wire import Event, Job
from service_answers import event, job

START = datetime(2026, 3, 2, 10, tzinfo=UTC)


def happened(type: str, seconds: float = 0, **data: Any) -> Event:
    return Event.model_validate({**event(1, type, **data), "time": START + timedelta(seconds=seconds)})


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([], ""),
        ([1], "▁"),
        ([1, 1], "▁▁"),
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([3, float("nan"), 1], "█ ▁"),
        ([float("inf")], ""),
    ],
)
def test_a_sparkline_goes_from_the_smallest_to_the_largest(values: list[float], bars: str) -> None:
    assert text.sparkline(values) == bars


def test_a_sparkline_of_many_values_has_its_width() -> None:
    assert len(text.sparkline(list(range(1000)), width=20)) == 20
    assert text.sparkline(list(range(1000)), width=20)[0] == "▁"


def test_nothing_steers_the_terminal() -> None:
    assert text.plain("a\x1b[2J\tb\r\n\x07\u202e") == "a\\x1b[2J\tb\\r\\n\\x07\\u202e"


def test_the_time_left_is_that_of_the_stage_at_its_speed() -> None:
    watched = Watched("x", "running")
    watched.take(happened("progress", 0, stage="harvest", done=90, total=100, unit="commits"))
    assert watched.seconds_left is None
    watched.take(happened("progress", 60, stage="train", done=10, total=100, unit="steps"))
    watched.take(happened("progress", 80, stage="train", done=20, total=100, unit="steps"))
    assert watched.seconds_left == 160
    assert watched.status() == "running  train  20/100 steps  2m 40s left"
    watched.take(happened("state", 90, state="queued", reason="child_died"))
    assert watched.seconds_left is None and watched.status() == "queued"


def test_a_new_attempt_that_begins_lower_begins_its_speed_anew() -> None:
    watched = Watched("x", "running")
    for seconds, done in ((0, 50), (10, 60), (100, 40), (110, 45)):
        watched.take(happened("progress", seconds, stage="train", done=done, total=100, unit="steps"))
    assert watched.seconds_left == 110


def test_events_of_forms_not_known_are_passed_over() -> None:
    watched = Watched("x", "running")
    for type in (
        "metric",
        "progress",
        "message",
        "stage_finished",
        "state",
        "checkpoint",
        "artefact",
        "of_the_future",
    ):
        watched.take(happened(type))
    watched.take(happened("metric", values={"loss": "NaN"}))
    assert watched.loss() == ""


def test_a_log_gets_a_line_for_what_is_worth_one_and_one_every_half_a_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    view = TextView(Job.model_validate(job("running")), clock=lambda: now[0])
    for seconds in range(0, 70, 10):
        now[0] = seconds
        view.take(happened("progress", seconds, stage="train", done=seconds, total=100, unit="steps"))
    view.take(happened("message", level="error", text="no\nway"))
    lines = capsys.readouterr().err.splitlines()
    assert (
        len(lines) == 2
        and lines[0].startswith("  running  train  40/100 steps")
        and lines[1] == "error: no\\nway"
    )


def test_the_live_block_can_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    with LiveView(Job.model_validate(job("running"))) as view:
        view.take(happened("metric", values={"loss": 2.0}))
        view.take(happened("message", level="warning", text="[red]no markup[/red]"))
    assert "warning: [red]no markup[/red]" in capsys.readouterr().err


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert text.coloured()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not text.coloured()


def test_a_job_with_evidence_shows_it() -> None:
    suite = {
        "name": "held-out",
        "unit": "bits/byte",
        "before": 1.0,
        "after": 0.8,
        "difference": -0.2,
        "low": -0.25,
        "high": -0.15,
        "documents": 9,
    }
    shown = text.details(
        Job.model_validate(job("succeeded", result={"evidence": [suite]}, metadata={"a": "b"}))
    )
    assert "held-out: 1 → 0.8 bits/byte (-0.2, -0.25 to -0.15)" in shown and "a=b" in shown
