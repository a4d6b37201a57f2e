"""`examples/nightly_pipeline`: one night is one dataset, one plan and one run, however often it is started."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cooldown_kit import Client

SCRIPT = Path(__file__).parents[2] / "examples" / "nightly_pipeline" / "nightly.py"

Nightly = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def nightly(tiny_model: Path, tmp_path: Path) -> Nightly:
    (tmp_path / "docs").mkdir()
    for number in range(80):
        words = " ".join(
            f"Account {number} of branch {branch} was settled." for branch in range(number % 7 + 6)
        )
        (tmp_path / "docs" / f"{number}.md").write_text(f"# Day {number}\n\n{words}\n")
    recipe = {
        "name": "ledger",
        "model": str(tiny_model),
        "sources": {"docs": {"connector": "text", "path": "docs"}},
        "mix": {
            "shares": {"text": {"docs": "100%"}},
            "max_epochs": 1000,
            "sequence_length": 64,
            "tokens": "2k",
        },
        "train": {"batch_sequences": 4, "method": "full", "learning_rate": 1e-3, "device": "cpu"},
        "evaluate": {"tokens_per_kind": 2000, "generations": 0},
        "holdout": {"undated": 0.2},
    }
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), "recipe.yaml", "--local", "service", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=420, check=False)

    return run


def test_a_night_that_is_started_twice_is_done_once(nightly: Nightly, tmp_path: Path) -> None:
    first, again = (nightly("--night", "2026-03-02", "--out", "model") for _ in range(2))
    assert first.returncode in (0, 10), first.stderr
    assert again.returncode == first.returncode
    assert "nightly@v1: " in first.stdout
    assert "text: " in first.stdout
    assert [line for line in again.stdout.splitlines() if "→" in line] == [
        line for line in first.stdout.splitlines() if "→" in line
    ]
    assert (tmp_path / "model" / "report.html").is_file()
    assert (tmp_path / "model" / "model" / "model.safetensors").is_file() == (first.returncode == 0)
    with Client.local(tmp_path / "service") as client:
        assert len(list(client.jobs.list(kind="run"))) == 1
        assert len(list(client.plans.list())) == 1
        assert [one.reference for one in client.datasets.list()] == ["nightly@v1"]


def test_what_takes_longer_than_the_budget_is_planned_and_not_run(nightly: Nightly, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace('"2k"', '"2M"'))
    done = nightly("--night", "2026-03-02", "--longest", "1s")
    assert (done.returncode, "more than 1s: not run" in done.stdout) == (10, True), done.stdout + done.stderr
    with Client.local(tmp_path / "service") as client:
        assert len(list(client.plans.list())) == 1
        assert list(client.jobs.list(kind="run")) == []
    recipe.write_text(recipe.read_text().replace('"2M"', '"3M"'))
    other = nightly("--night", "2026-03-02")
    assert other.returncode not in (0, 10)
    assert "was used for another request" in other.stderr
