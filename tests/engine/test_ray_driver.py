"""A Ray cluster does the work, one driver beside the worker follows it: a real cluster on this machine, with loopback only."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ledger_child
import ray_cluster
from cooldown_kit.engine import local
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.engine.spec import RaySpec

from .conftest import until

pytestmark = [pytest.mark.ray, pytest.mark.timeout(600)]


def start(folder: AttemptFolder, cluster: dict[str, str], attempts: Any) -> subprocess.Popen[bytes]:
    child = local.start(folder, "ray", gpus=(), environment=cluster)
    attempts.started.append(child)
    return child


def made(attempts: Any, cluster: dict[str, str], job: str, number: int = 1, **more: Any) -> AttemptFolder:
    command = [sys.executable, "-P", str(Path(ledger_child.__file__))]
    ray = RaySpec(address=cluster["address"], command=command, cpus=0.5)
    folder: AttemptFolder = attempts.make(number, job=job, ray=ray, orphan_seconds=120, **more)
    return folder


def test_the_cluster_runs_it_and_its_events_and_its_end_are_in_the_folder(
    attempts: Any, cluster: Any
) -> None:
    folder = made(attempts, cluster, "job_runs", steps=3)
    assert start(folder, cluster, attempts).wait(180) == 0, folder.output.read_text()[-3000:]
    assert folder.ending().status == "succeeded"
    assert folder.events.read_bytes().count(b'"metric"') == 3
    assert ray_cluster.jobs(cluster)["job_runs-1"] == "SUCCEEDED"


def test_cancel_lets_it_save_a_checkpoint_and_the_ray_job_is_over(attempts: Any, cluster: Any) -> None:
    folder = made(attempts, cluster, "job_stops", steps=100_000, seconds=0.05)
    driver = start(folder, cluster, attempts)
    until(lambda: folder.events.exists() and b'"metric"' in folder.events.read_bytes(), 180)
    folder.ask_to_stop()
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(120) == 75
    assert folder.ending().status == "stopped" and "stop job_stops" in attempts.ledger()[-1]
    assert ray_cluster.jobs(cluster)["job_stops-1"] in ("FAILED", "STOPPED", "SUCCEEDED")


def test_one_that_does_not_listen_is_stopped_by_the_cluster_after_its_grace(
    attempts: Any, cluster: Any
) -> None:
    folder = made(attempts, cluster, "job_deaf", wrong="deaf", grace_seconds=2)
    driver = start(folder, cluster, attempts)
    until(lambda: folder.events.exists() and b"stage_started" in folder.events.read_bytes(), 180)
    folder.ask_to_stop()
    driver.wait(180)
    assert folder.ending() is not None and folder.ending().status in ("stopped", "failed")
    assert ray_cluster.jobs(cluster)["job_deaf-1"] in ("FAILED", "STOPPED")


def test_a_driver_that_was_killed_finds_its_ray_job_again_and_submits_none(
    attempts: Any, cluster: Any
) -> None:
    folder = made(attempts, cluster, "job_again", steps=150, seconds=0.1)
    first = start(folder, cluster, attempts)
    until(lambda: folder.events.exists() and b'"metric"' in folder.events.read_bytes(), 180)
    first.kill(), first.wait()
    assert start(folder, cluster, attempts).wait(180) == 0
    assert folder.ending().status == "succeeded"
    assert [line.split()[0] for line in attempts.ledger()] == ["start", "end"], "one process did it"
    assert [id for id in ray_cluster.jobs(cluster) if id.startswith("job_again")] == ["job_again-1"]
