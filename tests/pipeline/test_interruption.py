"""Stopped, interrupted or killed anywhere: nothing half-written is taken for whole, and the same command goes on."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

STAGES = ["harvest", "render", "curate", "tokenise", "mix", "evaluate", "train"]


def wait_for(process: subprocess.Popen[str], seen: Any) -> None:
    """Wait until ``seen()`` is true or the process ends; there is no timing in what is asserted afterwards."""
    while process.poll() is None and not seen():
        time.sleep(0.005)


def weights(project: Any) -> bytes:
    (model,) = project.workspace.glob("runs/*/model/model.safetensors")
    return model.read_bytes()


def mixture(project: Any) -> bytes:
    (rows,) = project.workspace.glob("stages/mix/*/rows.arrow")
    return rows.read_bytes()


def whole(project: Any) -> bool:
    """Every folder that bears a finished name has a manifest whose files are all there."""
    for folder in project.workspace.glob("stages/*/*"):
        if folder.is_dir() and folder.suffix != ".partial":
            manifest = json.loads((folder / "manifest.json").read_text())
            if not all((folder / name).exists() for name in manifest["files"]):
                return False
    return True


@pytest.fixture(scope="module")
def expected(twin: Any) -> tuple[bytes, bytes]:
    """Weights and mixture of an undisturbed run."""
    status, _, err = twin.cooldown("run")
    assert status == 0, err
    return weights(twin), mixture(twin)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["kill -9", "Ctrl-C"])
def test_ended_in_each_stage_and_run_again_the_result_is_the_same(
    project: Any, expected: tuple[bytes, bytes], number: signal.Signals
) -> None:
    for stage in STAGES:
        partial = f"stages/{stage}/*.partial"
        process = project.start("run", "--quiet")
        wait_for(process, lambda pattern=partial: any(project.workspace.glob(pattern)))
        process.send_signal(number)
        _, err = process.communicate()
        assert whole(project)
        if process.returncode == 0:
            continue  # the stage was over before the signal came
        assert process.returncode in (-signal.SIGKILL, 130), err
        if number == signal.SIGINT and process.returncode == 130:
            assert "run the same command again to continue" in err
    status, _, err = project.cooldown("run")
    assert status == 0, err
    assert (weights(project), mixture(project)) == expected
    assert whole(project)


def test_killed_at_three_random_points_of_training_the_weights_are_the_same_bit_for_bit(
    project: Any, expected: tuple[bytes, bytes]
) -> None:
    draw = random.Random(5)
    steps = 32
    history = project.workspace / "stages" / "train"

    def done() -> int:
        return max((f.read_text().count("\n") for f in history.glob("*.partial/history.jsonl")), default=0)

    kills = 0
    for target in sorted(draw.sample(range(2, steps - 2), 3)):
        process = project.start("run", "--quiet", "--set", "train.checkpoint_every=3")
        wait_for(process, lambda least=target: done() >= least)
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
    assert kills == 3
    status, _, err = project.cooldown("run", "--set", "train.checkpoint_every=3")
    assert status == 0, err
    assert "continues after step" in err
    assert weights(project) == expected[0]


def test_sigterm_saves_and_ends_with_a_status_of_its_own_and_run_continues(
    project: Any, expected: tuple[bytes, bytes]
) -> None:
    process = project.start("run", "--quiet")
    history = project.workspace / "stages" / "train"
    wait_for(process, lambda: any(f.stat().st_size for f in history.glob("*.partial/history.jsonl")))
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 75, err
    assert "run the same recipe again" in err
    assert list(history.glob("*.partial/checkpoints/checkpoint-*/complete.json"))
    status, _, err = project.cooldown("run")
    assert status == 0, err
    assert "continues after step" in err
    assert weights(project) == expected[0]


@pytest.mark.parametrize("command", ["harvest", "plan"])
def test_sigterm_stops_what_comes_before_training_too(project: Any, command: str) -> None:
    """The signal is there before the work begins, so that no moment is missed."""
    code = (
        "import signal, os, sys; from cooldown_kit.cli import stopping, main;"
        "ask = stopping.stop_on_sigterm;"
        "stopping.stop_on_sigterm = lambda: (ask(), os.kill(os.getpid(), signal.SIGTERM))[0];"
        "main.main(sys.argv[1:])"
    )
    done = project.python(code, command)
    assert done.returncode == 75, done.stderr
    assert not list(project.workspace.glob("stages/*/*.partial"))
    status, _, err = project.cooldown(command)
    assert status == 0, err


def test_a_full_disk_is_named_and_run_goes_on_once_there_is_room(project: Any, tmp_path: Path) -> None:
    """A file system of 1 MiB in a mount namespace of the test's own, or, where none may be made, a limit on the size of files."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        f'mount -t tmpfs -o size=1m none {small} && exec "$@"',
        "sh",
    ]
    limited = ["sh", "-c", 'ulimit -f 64 && exec "$@"', "sh"]
    prefix = (
        mounted
        if subprocess.run([*mounted, "true"], capture_output=True, check=False).returncode == 0
        else limited
    )
    import sys

    command = [*prefix, sys.executable, "-m", "cooldown_kit.cli", "run", "--set", f"workspace={small}"]
    done = subprocess.run(
        command,
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (2, 4), done.stderr
    assert "disk" in done.stderr
    assert "cooldown clean" in done.stderr
    status, _, err = project.cooldown("run", "--set", f"workspace={small}")
    assert status == 0, err
