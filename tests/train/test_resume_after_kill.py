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

STEPS = 14


@pytest.mark.parametrize("method", ["lora", "full", "qlora"])
def test_killed_three_times_and_resumed_gives_the_same_weights_bit_for_bit(
    method, mixture, tiny_model, tmp_path, train_options
):
    options = train_options(method=method, checkpoint_every=3, keep_checkpoints=1).model_dump(mode="json")
    first, second = sorted(random.Random(method).sample(range(1, STEPS), 2))
    kills = [{"event": first}, {"event": second}, {"saving": 12 if second < 12 else STEPS}]
    jobs = [
        {"out": "whole", "kill": None, "options": options},
        *({"out": "killed", "kill": kill, "options": options} for kill in [*kills, None]),
    ]
    folder = mixture(rows=STEPS * 8)
    script = Path(__file__).parent / "train_and_kill.py"
    ended = subprocess.run(
        [sys.executable, str(script), str(folder), str(tiny_model), str(tmp_path), json.dumps(jobs)],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == [0, *[int(signal.SIGKILL)] * 3, 0], ended.stderr

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    weights = sorted(path.relative_to(whole) for path in whole.rglob("*.safetensors"))
    assert len(weights) == (1 if method == "full" else 2)
    for path in weights:
        assert (killed / path).read_bytes() == (whole / path).read_bytes()
    lines = {run: list(history.read(run / "history.jsonl")) for run in (whole, killed)}
    assert [line["step"] for line in lines[killed]] == list(range(1, STEPS + 1))
    for found, wanted in zip(lines[killed], lines[whole], strict=True):
        for name in ("loss", "grad_norm", "learning_rate", "tokens"):
            assert found[name] == wanted[name]
    assert not (killed / "checkpoints").exists()
