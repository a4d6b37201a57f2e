"""The child: it does what its folder says, stops when it is to, and says how it ended."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from cooldown_kit.client.states import Reason
from cooldown_kit.engine.ending import failed, reason_of
from cooldown_kit.errors import InputError, LossNotFinite, OutOfMemory, RecipeError, StorageError
from cooldown_kit.events import decode
from cooldown_kit.guard import NotAllowed

from .conftest import until


def test_an_attempt_ends_with_what_it_came_to(attempts: Any) -> None:
    folder = attempts.make(steps=2)
    assert attempts.start(folder).wait() == 0
    ending = folder.ending()
    assert (ending.status, ending.reason, ending.result["tokens"]) == ("succeeded", "finished", 2)
    assert {file.name for file in ending.artefacts} == {"model/weights.bin", "report.html"}
    assert [decode(line) for line in folder.events.read_bytes().splitlines()]


@pytest.mark.parametrize("how", ["file", "signal"])
def test_it_stops_when_asked_by_a_file_or_a_signal_and_the_next_attempt_goes_on(
    attempts: Any, how: str
) -> None:
    first = attempts.make(steps=200, seconds=0.02)
    child = attempts.start(first)
    until(lambda: b'"step":3' in (first.events.read_bytes() if first.events.exists() else b""))
    first.ask_to_stop() if how == "file" else child.send_signal(signal.SIGTERM)
    assert child.wait() == 75
    assert first.ending().status == "stopped"
    second = attempts.make(2, steps=200, seconds=0.0)
    assert attempts.start(second).wait() == 0
    assert b"continues after step" in second.events.read_bytes()


def test_one_that_is_not_wanted_any_more_does_nothing(attempts: Any) -> None:
    folder = attempts.make()
    folder.ask_to_stop()
    assert attempts.start(folder).wait() == 75
    assert attempts.ledger() == [] and folder.ending().status == "stopped"


def test_of_two_processes_on_one_attempt_one_works(attempts: Any) -> None:
    folder = attempts.make(steps=30, seconds=0.05)
    first = attempts.start(folder)
    until(lambda: attempts.ledger())
    assert attempts.start(folder).wait() == 73
    assert first.wait() == 0
    assert [line.split()[0] for line in attempts.ledger()] == ["start", "end"]


def test_an_attempt_that_has_ended_is_not_done_again(attempts: Any) -> None:
    folder = attempts.make()
    attempts.start(folder).wait()
    before = folder.events.read_bytes()
    assert attempts.start(folder).wait() == 0
    assert folder.events.read_bytes() == before and len(attempts.ledger()) == 2


def test_without_a_watcher_it_saves_a_checkpoint_and_ends(attempts: Any) -> None:
    folder = attempts.make(steps=10_000, seconds=0.02, orphan_seconds=0.8)
    assert attempts.start(folder).wait() == 75
    assert folder.ending().reason == "worker_lost"
    assert "stop job_1" in attempts.ledger()[-1]


def test_one_that_hangs_and_is_watched_by_nobody_ends_by_force(
    attempts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = attempts.make(wrong="hang", orphan_seconds=0.5, grace_seconds=0.1)
    assert attempts.start(folder).wait() == -signal.SIGKILL
    assert folder.ending() is None


def test_an_error_of_ours_has_its_traceback_in_the_log_only(attempts: Any) -> None:
    folder = attempts.make(wrong="bug")
    assert attempts.start(folder).wait() == 1
    ending = folder.ending()
    assert (ending.reason, ending.error.code) == ("error", "error")
    assert "hunter2" not in ending.error.message and b"Traceback" in folder.output.read_bytes()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RecipeError("x"), "recipe"),
        (InputError("x"), "input"),
        (NotAllowed("x"), "refused"),
        (StorageError("x"), "storage"),
        (OutOfMemory("x"), "out_of_memory"),
        (MemoryError(), "out_of_memory"),
        (LossNotFinite("x"), "loss"),
        (OSError(28, "No space left on device"), "storage"),
        (KeyError("secret"), "error"),
    ],
)
def test_every_error_has_its_reason(error: BaseException, reason: str) -> None:
    assert reason_of(error) is Reason(reason)
    assert failed(error).error.code == reason and "secret" not in failed(error).error.message


def test_the_child_is_in_a_session_of_its_own_and_reads_nothing(attempts: Any) -> None:
    folder = attempts.make(steps=50, seconds=0.05)
    child = attempts.start(folder)
    until(lambda: attempts.ledger())
    assert os.getsid(child.pid) == child.pid != os.getsid(0)
    assert Path(f"/proc/{child.pid}/fd/0").readlink() == Path("/dev/null")
    assert Path(f"/proc/{child.pid}/fd/1").readlink() == folder.output
