"""Processes are recognised by more than their number."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from cooldown_kit.engine import process
from cooldown_kit.engine.environment import child_environment

from .conftest import until


def sleeper(tmp_path: Path, code: str = "import time; time.sleep(600)") -> subprocess.Popen[bytes]:
    return process.start(
        [sys.executable, "-c", code], output=tmp_path / "out", environment=os.environ, folder=tmp_path
    )


def test_a_process_lives_until_it_has_ended_and_a_zombie_has(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    identity = process.Identity.of(child.pid)
    assert process.alive(identity)
    child.kill()
    until(lambda: not process.alive(identity))  # nobody has waited for it yet
    child.wait()
    assert not process.alive(identity)


_FIRST_THREAD_ENDS = """
import ctypes, sys, threading
threading.Thread(target=sys.stdin.buffer.read).start()  # until it is closed
ctypes.CDLL(None).pthread_exit(None)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_lives_while_any_thread_of_it_does(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", _FIRST_THREAD_ENDS], stdin=subprocess.PIPE)
    identity = process.Identity.of(child.pid)
    state = Path(f"/proc/{child.pid}/stat")
    until(lambda: state.read_text().rpartition(")")[2].split()[0] == "Z")
    assert process.alive(identity)
    assert child.poll() is None
    child.kill()
    until(lambda: not process.alive(identity))
    assert child.wait() == -signal.SIGKILL


def test_another_process_with_the_same_number_is_not_it(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    other = msgspec.structs.replace(process.Identity.of(child.pid), started=1.0)
    assert not process.alive(other)
    process.kill_group(other)
    process.ask_to_end(other)
    time.sleep(0.1)
    assert child.poll() is None
    process.kill_group(process.Identity.of(child.pid))
    assert child.wait() == -signal.SIGKILL


def test_nothing_is_said_of_processes_of_another_host_and_nothing_done_to_them(tmp_path: Path) -> None:
    child = sleeper(tmp_path)
    other = msgspec.structs.replace(process.Identity.of(child.pid), host="another:1")
    with pytest.raises(ValueError, match="another host"):
        process.alive(other)
    process.kill_group(other)
    process.ask_to_end(other)
    time.sleep(0.1)
    assert child.poll() is None
    child.kill(), child.wait()


def test_what_a_dead_process_left_in_its_group_is_ended(tmp_path: Path) -> None:
    code = "import os, time, pathlib; pid = os.fork(); (pathlib.Path('helper').write_text(str(os.getpid())) and time.sleep(600)) if pid == 0 else time.sleep(600)"
    child = sleeper(tmp_path, code)
    identity = process.Identity.of(child.pid)
    helper = int(until(lambda: (tmp_path / "helper").exists() and (tmp_path / "helper").read_text()))
    child.kill(), child.wait()
    left = process.Identity.of(helper)
    assert process.alive(left)
    process.kill_group(identity)
    until(lambda: not process.alive(left))


def test_vitals_tell_work_from_waiting(tmp_path: Path) -> None:
    busy, idle = sleeper(tmp_path, "while True: pass"), sleeper(tmp_path)
    first = [process.vitals(process.Identity.of(one.pid)) for one in (busy, idle)]
    until(lambda: process.vitals(process.Identity.of(busy.pid)).cpu_seconds > first[0].cpu_seconds + 0.3)
    assert process.vitals(process.Identity.of(idle.pid)).cpu_seconds < 0.5
    for one in (busy, idle):
        one.kill(), one.wait()


def test_a_child_sees_what_it_needs_and_no_secret() -> None:
    ours = {
        "PATH": "/bin", "CUDA_HOME": "/cuda", "HF_HOME": "/hf", "OTEL_SERVICE_NAME": "x", "COOLDOWN_CHILD_X": "1",
        "DATABASE_URL": "s", "COOLDOWN_SECRET_KEY": "s", "COOLDOWN_DATABASE_URL": "s", "HF_TOKEN": "s", "GH_TOKEN": "s",
        "RAY_AUTH_TOKEN": "s",
    }  # fmt: skip
    assert set(child_environment(ours)) == {
        "PATH", "CUDA_HOME", "HF_HOME", "OTEL_SERVICE_NAME", "COOLDOWN_CHILD_X", "PYTHONUNBUFFERED",
    }  # fmt: skip
    everything = child_environment(ours, everything=True)
    assert "GH_TOKEN" in everything
    assert not {"DATABASE_URL", "COOLDOWN_SECRET_KEY", "COOLDOWN_DATABASE_URL"} & set(everything)
