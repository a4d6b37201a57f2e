"""Promises of the history file."""

from __future__ import annotations

from cooldown_kit.train import history


def test_cut_keeps_what_led_to_the_checkpoint_and_nothing_later(tmp_path):
    path = tmp_path / "history.jsonl"
    for step in range(1, 8):
        history.append(path, {"step": step, "loss": 1.0 / step})
    history.cut(path, 5)
    assert [line["step"] for line in history.read(path)] == [1, 2, 3, 4, 5]


def test_a_line_that_a_kill_cut_in_two_is_left_out(tmp_path):
    path = tmp_path / "history.jsonl"
    history.append(path, {"step": 1, "loss": 2.0})
    with path.open("a") as file:
        file.write('{"step": 2, "lo')
    assert list(history.read(path)) == [{"step": 1, "loss": 2.0}]
    history.cut(path, 1)
    history.append(path, {"step": 2, "loss": 1.5})
    assert [line["step"] for line in history.read(path)] == [1, 2]


def test_a_run_without_history_has_no_steps(tmp_path):
    assert list(history.read(tmp_path / "none.jsonl")) == []
