"""How children are started: here, or as the driver of a job on a Ray cluster. Nothing heavy is imported by who starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from cooldown_kit.engine import process
from cooldown_kit.engine.environment import RAY, child_environment
from cooldown_kit.engine.folder import AttemptFolder

Command = Callable[[Path, str], list[str]]
"""The attempt's folder and the executor → the command of the child."""


def command(folder: Path, executor: str) -> list[str]:
    """The child that does the work, or the driver that lets a Ray cluster do it."""
    module = {"local": "runner", "ray": "ray_driver"}[executor]
    # -P: no module is looked for in the folder that somebody happens to stand in
    return [sys.executable, "-P", "-m", f"cooldown_kit.engine.{module}", str(folder)]


def start(
    folder: AttemptFolder,
    executor: Literal["local", "ray"],
    *,
    gpus: Sequence[str],
    everything: bool = False,
    environment: Mapping[str, str] = os.environ,
    command: Command = command,
) -> subprocess.Popen[bytes]:
    """Start the child of an attempt whose ``spec.json`` is there. It sees those GPUs only, and no secret of who starts it.

    Args:
        gpus: UUIDs.
        everything: whether recipes may name the environment of who starts it.
    Raises ``OSError`` where it cannot be started.
    """
    given = child_environment(environment, more=RAY if executor == "ray" else (), everything=everything)
    given["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
    return process.start(
        command(folder.path, executor), output=folder.output, environment=given, folder=folder.path
    )
