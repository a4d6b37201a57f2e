"""A repository is changed by one run at a time; who waits for another says so, and can be stopped."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cooldown_connectors.git.store import locked

from cooldown_kit.errors import Stopped
from cooldown_kit.events import Event, Message


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """As another process holds it."""
    with folder.with_name(folder.name + ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_nothing_is_said_where_nobody_holds_it(tmp_path: Path) -> None:
    events: list[Event] = []
    with locked(tmp_path / "a.git", events.append):
        pass
    assert events == []


def test_a_wait_is_told_and_can_be_stopped(tmp_path: Path) -> None:
    folder = tmp_path / "a.git"
    events: list[Event] = []

    def stop(event: Event) -> None:
        events.append(event)
        raise Stopped("the run was stopped")

    with held(folder), pytest.raises(Stopped), locked(folder, stop):
        raise AssertionError("another has it")
    assert isinstance(events[0], Message)
    assert "a.git" in events[0].text
    with locked(folder):  # and nothing of it is left behind
        pass
