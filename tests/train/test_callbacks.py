"""Promises of the numbers that every step reports."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from cooldown_kit.errors import CooldownError
from cooldown_kit.train import callbacks, history
from cooldown_kit.train.callbacks import Metrics


class Clock:
    now = 100.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(callbacks, "time", clock)
    return clock


@pytest.fixture
def metrics(tmp_path):
    return Metrics(tmp_path / "history.jsonl", lambda event: None, steps=3, tokens_per_step=4096)


def state(step):
    return SimpleNamespace(global_step=step, is_world_process_zero=True)


def log(metrics, step, **numbers):
    logs = {"loss": 2.0, "grad_norm": 1.0, "learning_rate": 1e-4, **numbers}
    metrics.on_log(None, state(step), None, logs=logs)


def test_speed_counts_all_tokens_of_a_step_and_not_the_time_of_saving(metrics, clock, tmp_path):
    metrics.on_train_begin(None, state(0), None)
    clock.now += 2  # a step of 4,096 tokens in two seconds, over however many micro-batches
    metrics.on_step_end(None, state(1), None)
    log(metrics, 1)
    clock.now += 60  # a slow disk
    metrics.on_save(None, state(1), None)
    clock.now += 4
    metrics.on_step_end(None, state(2), None)
    log(metrics, 2)
    lines = list(history.read(tmp_path / "history.jsonl"))
    assert [line["tokens_per_second"] for line in lines] == [2048.0, 1024.0]
    assert [line["tokens"] for line in lines] == [4096.0, 8192.0]


@pytest.mark.parametrize("numbers", [{"loss": float("nan")}, {"grad_norm": float("inf")}])
def test_a_number_that_is_none_stops_the_run_with_the_step_and_a_remedy(metrics, tmp_path, numbers):
    with pytest.raises(CooldownError, match=r"(?s)step 7.*learning_rate"):
        log(metrics, 7, **numbers)
    assert list(history.read(tmp_path / "history.jsonl")) == []


def test_the_loops_closing_summary_is_no_step(metrics, tmp_path):
    metrics.on_log(None, state(3), None, logs={"train_runtime": 1.0, "train_loss": 2.0})
    assert list(history.read(tmp_path / "history.jsonl")) == []
