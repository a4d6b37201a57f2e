"""The worker of `cooldown serve` is a process of its own: one for each data_dir, back when it dies, replaced by a new server's."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from cooldown_api.settings import Settings
from cooldown_api.worker import embedded
from cooldown_api.worker.embedded import EmbeddedWorker, holder

from cooldown_kit.engine import process


@pytest.fixture
def settings(make_settings: Callable[..., Settings], fleet: Any) -> Settings:
    return make_settings(worker=fleet.settings.worker.model_dump())


def held(settings: Settings) -> Any:
    found = holder(settings.data_dir / "worker.lock")
    return found if found and found.pid else None


def test_it_works_and_comes_back_when_it_is_killed(settings: Settings, fleet: Any) -> None:
    worker = EmbeddedWorker(settings)
    worker.start()
    try:
        first = fleet.until(lambda: held(settings))
        assert first.pid == worker.pid and os.getsid(first.pid) == first.pid, "in a session of its own"
        os.kill(first.pid, signal.SIGKILL)
        second = fleet.until(lambda: (found := held(settings)) and found.pid != first.pid and found)
        # a job that the real child refuses: it says so, so a worker has taken it
        id = fleet.submit(steps=1)
        assert fleet.wait(id).reason == "recipe"
    finally:
        worker.stop()
    assert not process.alive(second)


def test_a_new_server_replaces_the_worker_that_an_earlier_one_left(settings: Settings, fleet: Any) -> None:
    old, new = EmbeddedWorker(settings), EmbeddedWorker(settings)
    old.start()
    first = fleet.until(lambda: held(settings))
    old._stopping.set()  # that server was killed: its worker goes on
    assert process.alive(first)
    new.start()
    try:
        second = fleet.until(lambda: (found := held(settings)) and found.pid != first.pid and found)
        assert not process.alive(first) and second.pid == new.pid
    finally:
        new.stop()


def test_of_two_on_one_data_dir_one_works(settings: Settings) -> None:
    lock = settings.data_dir / "worker.lock"
    with embedded.only_one(lock) as first, embedded.only_one(lock) as second:
        assert (first, second) == (True, False)
        assert holder(lock) == process.Identity.of_self()
    assert holder(lock) is None


def test_no_secret_of_the_settings_is_in_its_arguments_or_its_environment(
    settings: Settings, fleet: Any
) -> None:
    from pydantic import SecretStr

    worker = EmbeddedWorker(settings.model_copy(update={"secret_key": SecretStr("planted-secret")}))
    worker.start()
    try:
        fleet.until(lambda: held(settings))
        for name in ("cmdline", "environ"):
            with open(f"/proc/{worker.pid}/{name}", "rb") as file:  # noqa: PTH123
                assert b"planted-secret" not in file.read()
    finally:
        worker.stop()


def test_one_that_drains_gives_its_jobs_back_when_it_is_stopped(settings: Settings, fleet: Any) -> None:
    worker = EmbeddedWorker(settings, drain=True)
    worker.start()
    fleet.until(lambda: held(settings))
    pid = worker.pid
    worker.stop()
    with open(settings.data_dir / "worker.log") as log:  # noqa: PTH123
        assert "Traceback" not in log.read()
    assert pid and process._look(pid) is None
