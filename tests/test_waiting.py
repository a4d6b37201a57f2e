"""Whoever waits for another run says so once, and ends when asked to."""

from __future__ import annotations

import pytest

from cooldown_kit.errors import Stopped
from cooldown_kit.events import Event, Message, Progress
from cooldown_kit.waiting import Waiting


def test_it_is_said_once_for_each_thing_that_is_waited_for() -> None:
    events: list[Event] = []
    waiting = Waiting(events.append, lambda: False)
    for what in ("run a", "run a", "stage mix", "run a"):
        waiting(what)
    assert [e.text for e in events if isinstance(e, Message)] == [
        "waits for another run that works on run a",
        "waits for another run that works on stage mix",
    ]


def test_a_long_wait_shows_that_it_is_one() -> None:
    """A worker ends what shows no sign of life; another run may train for days."""
    events: list[Event] = []
    now = 100.0
    waiting = Waiting(events.append, lambda: False, lambda: now)
    for _ in range(600):
        waiting("run a")
        now += 0.2
    shown = [e.done for e in events if isinstance(e, Progress)]
    assert len(shown) == 5
    assert shown == sorted(shown)


def test_asked_to_stop_it_stops_and_names_what_it_waited_for() -> None:
    waiting = Waiting(lambda event: None, lambda: True)
    with pytest.raises(Stopped, match="stage mix") as stopped:
        waiting("stage mix")
    assert stopped.value.exit_code == 75
