"""The promise of the whole stage: ``kill -9`` at any point costs time, never a bit of the result."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cooldown_kit.train import history

STEPS = 12
METHODS = ("lora", "full", "qlora")


def kills(method):
    """Three random points: two steps, and one save before whose end the kill comes (the latter alone for QLoRA)."""
    draw = random.Random(method)
    steps = [{"event": step} for step in sorted(draw.sample(range(1, 9), 2))]
    return [*(steps if method != "qlora" else []), {"saving": draw.choice([9, STEPS])}]


@pytest.fixture(scope="module")
def runs(tmp_path_factory, make_mixture, make_options, tiny_model):
    """Folder with ``{method}-whole`` and ``{method}-killed``: trained without and with kills."""
    folder = tmp_path_factory.mktemp("runs")
    jobs, expected = [], []
    for method in METHODS:
        options = make_options(method=method, checkpoint_every=3, keep_checkpoints=1).model_dump(mode="json")
        jobs.append({"out": f"{method}-whole", "kill": None, "options": options})
        killed = {"out": f"{method}-killed", "options": options}
        jobs += [{**killed, "kill": kill} for kill in [*kills(method), None]]
        expected += [0, *[int(signal.SIGKILL)] * len(kills(method)), 0]
    mixture = make_mixture(folder / "mixture", rows=STEPS * 8)
    script = Path(__file__).parent / "train_and_kill.py"
    ended = subprocess.run(
        [sys.executable, str(script), str(mixture), str(tiny_model), str(folder), json.dumps(jobs)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == expected, ended.stderr
    return folder


@pytest.mark.parametrize("method", METHODS)
def test_killed_at_random_points_and_resumed_gives_the_same_weights_bit_for_bit(runs, method):
    whole, killed = runs / f"{method}-whole", runs / f"{method}-killed"
    weights = sorted(path.relative_to(whole) for path in whole.rglob("*.safetensors"))
    assert len(weights) == (1 if method == "full" else 2)
    for path in weights:
        assert (killed / path).read_bytes() == (whole / path).read_bytes()
    assert not (killed / "checkpoints").exists()


@pytest.mark.parametrize("method", METHODS)
def test_history_of_a_killed_run_has_every_step_once_and_the_same_numbers(runs, method):
    whole, killed = (
        list(history.read(runs / f"{method}-{run}" / "history.jsonl")) for run in ("whole", "killed")
    )
    assert [line["step"] for line in killed] == list(range(1, STEPS + 1))
    for found, wanted in zip(killed, whole, strict=True):
        for name in ("loss", "grad_norm", "learning_rate", "tokens"):
            assert found[name] == wanted[name]
