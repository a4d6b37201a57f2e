"""A child that does next to nothing, quickly: the real runner with works that take steps, keep checkpoints and write a ledger.

The recipe says what: ``steps``, ``seconds`` of each, and what goes wrong. The ledger, a file that is only appended to, proves what ran
when: a job that runs twice at once finds its lock taken, and says ``twice``.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cooldown_kit.engine.ending import ArtefactFile
from cooldown_kit.engine.runner import end, main
from cooldown_kit.engine.spec import Spec
from cooldown_kit.engine.works import Outcome
from cooldown_kit.errors import InputError, RecipeError, Stopped
from cooldown_kit.events import Checkpoint, Emit, Message, Metric, Progress, StageStarted


def note(ledger: Path, *words: object) -> None:
    """One line, by one write to a file that is appended to."""
    handle = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, (" ".join(map(str, words)) + "\n").encode())
    os.close(handle)


def content_of(job: str) -> bytes:
    """What the model of a job holds, whatever happened on the way."""
    return f"weights of {job}".encode() * 500


def work(spec: Spec, folder: Path, emit: Emit, should_stop: Callable[[], bool]) -> Outcome:
    told: dict[str, Any] = spec.recipe
    home = Path(spec.workspace) / spec.job
    home.mkdir(parents=True, exist_ok=True)
    ledger = Path(told.get("ledger") or home / "ledger")
    lock = os.open(home / "lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        note(ledger, "twice", spec.job, spec.attempt, os.getpid())
        raise
    note(ledger, "start", spec.job, spec.attempt, os.getpid())
    emit(StageStarted(stage="train"))
    _misbehave(spec, told, emit)
    state = home / "checkpoint"
    done = int(state.read_text()) if state.exists() else 0
    if done:
        emit(Message(stage="train", text=f"continues after step {done}"))
    steps = int(told.get("steps", 3))
    for step in range(done + 1, steps + 1):
        time.sleep(float(told.get("seconds", 0.02)))
        emit(Metric(stage="train", step=step, values={"loss": 1 / step}))
        emit(Progress(stage="train", done=step, total=steps, unit="steps"))
        beside = state.with_suffix(".new")
        beside.write_text(str(step))
        beside.replace(state)
        place = home / f"checkpoint-{step}"
        place.mkdir(exist_ok=True)
        emit(Checkpoint(stage="train", step=step, path=str(place), bytes=4, loss=1 / step))
        if (old := home / f"checkpoint-{step - 2}").exists():
            old.rmdir()
        if should_stop() and step < steps:
            note(ledger, "stop", spec.job, spec.attempt, os.getpid())
            raise Stopped(f"stopped after step {step}")
    run = home / "run"
    (run / "model").mkdir(parents=True, exist_ok=True)
    (run / "model" / "weights.bin").write_bytes(content_of(spec.job))
    (run / "report.html").write_text(f"<p>{spec.job}</p>")
    note(ledger, "end", spec.job, spec.attempt, os.getpid())
    return Outcome(
        {"run": spec.job, "model": True, "report": True, "tokens": steps},
        [ArtefactFile(name=name, path=str(run / name)) for name in ("model/weights.bin", "report.html")],
    )


def _misbehave(spec: Spec, told: dict[str, Any], emit: Emit) -> None:
    wrong = told.get("wrong")
    if told.get("only_first") and spec.attempt > 1:
        return
    if wrong == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif wrong == "bug":
        raise ZeroDivisionError("password=hunter2")
    elif wrong == "recipe":
        raise RecipeError("no such option", where="train.x", remedy="leave it out")
    elif wrong == "input":
        raise InputError("no such repository", where="sources.a")
    elif wrong == "hang":
        time.sleep(10_000)
    elif wrong == "spin":
        while True:
            pass
    elif wrong == "compute":  # slow and silent, outside of training
        emit(StageStarted(stage="curate"))
        until = time.monotonic() + float(told["compute"])
        while time.monotonic() < until:
            pass
    elif wrong == "deaf":  # does not stop when asked
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(10_000)
    elif wrong == "environment":
        print(json.dumps(dict(os.environ)), flush=True)  # noqa: T201
    elif wrong == "helper" and os.fork() == 0:  # leaves a process behind
        note(Path(told["ledger"]), "helper", os.getpid())
        time.sleep(10_000)


def plan(spec: Spec, folder: Path, emit: Emit, should_stop: Callable[[], bool]) -> Outcome:
    return Outcome({"plan": {"seconds": 7200.0, "name": spec.recipe.get("name", "")}})


def dataset(spec: Spec, folder: Path, emit: Emit, should_stop: Callable[[], bool]) -> Outcome:
    assert spec.keep
    Path(spec.keep).mkdir(parents=True)
    return Outcome({"documents": {"digest": "d" * 32, "summary": {"book": {"read": 3}}}})


WORKS = {"run": work, "plan": plan, "dataset": dataset}


def command(folder: Path, executor: str) -> list[str]:
    """For :class:`Supervisor`: this file in place of the runner."""
    del executor
    return [sys.executable, "-P", str(Path(__file__).resolve()), str(folder)]


if __name__ == "__main__":
    end(main(sys.argv[1:], WORKS))
