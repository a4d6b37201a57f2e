"""Workers may be lost, as where memory runs out: once costs nothing, twice is said to a person."""

from __future__ import annotations

import dataclasses
import threading

import psutil
import pytest
from cooldown_connectors.git.pool import Pool, WorkerLost

from cooldown_kit.connector import HarvestContext


@pytest.fixture
def repository(make_repository):
    repository = make_repository("team/payments")
    stream = [
        b"commit refs/heads/main\ncommitter B <b@x> %d +0000\ndata 1\nx\nM 644 inline f%d\ndata 10\n%09d\n\n"
        % (1_600_000_000 + number, number % 50, number)
        for number in range(1200)
    ]
    repository.git("fast-import", "--quiet", stdin=b"".join(stream))
    return repository


@pytest.fixture
def two(context) -> HarvestContext:
    return dataclasses.replace(context, workers=2)


def _workers() -> list[psutil.Process]:
    children = psutil.Process().children()
    return [child for child in children if "cooldown_connectors.git.worker" in " ".join(child.cmdline())]


@pytest.fixture
def kill(monkeypatch):
    """Kills the worker of each of the first shards, before it can answer."""

    def first(times: int) -> list[int]:
        killed: list[int] = []
        real, lock = Pool._process, threading.Lock()

        def killing(pool):
            process = real(pool)
            with lock:
                if len(killed) < times and threading.current_thread().name.startswith("git-shard"):
                    process.kill()
                    killed.append(process.pid)
            return process

        monkeypatch.setattr(Pool, "warm", lambda pool: None)
        monkeypatch.setattr(Pool, "_process", killing)
        return killed

    return first


def test_a_worker_that_is_lost_once_costs_nothing(repository, harvest, two, kill):
    expected = harvest(repository, within=dataclasses.replace(two, store=two.store / "whole")).items
    killed = kill(1)
    assert harvest(repository, within=two).items == expected
    assert len(killed) == 1
    assert _workers() == []


def test_workers_that_are_always_lost_are_said_to_a_person_and_the_next_harvest_goes_on(
    repository, harvest, two, kill, monkeypatch
):
    kill(1000)
    with pytest.raises(WorkerLost, match="memory"):
        harvest(repository, within=two)
    assert _workers() == []
    monkeypatch.undo()
    assert len(harvest(repository, within=two, take="commits").commits) == 1200


def test_of_several_repositories_the_one_that_loses_its_workers_is_left_out(
    repository, harvest, two, make_repository, kill
):
    small = make_repository("team/small")
    small.write("a", "a\n")
    small.commit("Begin")
    harvest(small, within=two)  # what it holds is read: it needs no worker any more
    kill(1000)
    got = harvest(path=str(repository.path.parent), within=two)
    assert {commit.repository for commit in got.commits} == {"small"}
    assert got.reasons == {"repository_failed": 1}
    assert any("memory" in warning for warning in got.warnings)
