"""Attempts in folders of the test, without any service."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import ledger_child
from cooldown_kit.engine import local, process
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.engine.spec import Spec


class Attempts:
    """Makes attempts for ``ledger_child`` and starts them as a worker does."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self.started: list[subprocess.Popen[bytes]] = []

    def make(self, number: int = 1, **more: Any) -> AttemptFolder:
        known = set(Spec.__struct_fields__)
        told = {key: more.pop(key) for key in list(more) if key in known}
        folder = AttemptFolder(self.root / "attempts" / str(number))
        spec = {
            "job": "job_1",
            "attempt": number,
            "kind": "run",
            "recipe": {"ledger": str(self.root / "ledger"), **more},
            "folder": str(self.root),
            "workspace": str(self.root / "workspace"),
            "orphan_seconds": 60,
            "grace_seconds": 5,
        }
        folder.write_spec(Spec(**{**spec, **told}))
        return folder

    def start(self, folder: AttemptFolder) -> subprocess.Popen[bytes]:
        child = local.start(folder, "local", gpus=(), command=ledger_child.command)
        self.started.append(child)
        return child

    def ledger(self) -> list[str]:
        return (self.root / "ledger").read_text().splitlines() if (self.root / "ledger").exists() else []


def until(answer: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := answer():
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited for {seconds} s")


@pytest.fixture
def attempts(tmp_path: Path) -> Iterator[Attempts]:
    made = Attempts(tmp_path)
    yield made
    for child in made.started:
        if child.poll() is None:
            process.kill_group(process.Identity.of(child.pid))
        child.wait()
