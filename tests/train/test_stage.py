"""Promises of the training stage as the pipeline calls it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from cooldown_kit.errors import CooldownError, InputError, Stopped
from cooldown_kit.events import Checkpoint, Message, Metric, Progress
from cooldown_kit.train import history
from cooldown_kit.train.schedule import learning_rate
from cooldown_kit.train.trainer import PackedTrainer


class Recorder(list):
    """Collects events, and asks to stop once the given step is done."""

    def __init__(self, stop_after=None):
        super().__init__()
        self.stop_after = stop_after

    def should_stop(self):
        # asked at the end of a step, before that step's numbers are emitted
        return self.stop_after is not None and len(self.of(Metric)) + 1 >= self.stop_after

    def of(self, kind):
        return [event for event in self if isinstance(event, kind)]


def weights(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.safetensors")}


def test_history_and_events_tell_every_step_and_the_learning_rates_are_the_schedules(
    run_training, mixture, tmp_path
):
    events = Recorder()
    result = run_training(
        mixture(rows=80), emit=events.append, warmup=0.2, final_learning_rate=1e-5, schedule="one_minus_sqrt"
    )
    lines = list(history.read(tmp_path / "run" / "history.jsonl"))
    assert [line["step"] for line in lines] == list(range(1, 11))
    assert [line["learning_rate"] for line in lines] == [
        learning_rate(step, steps=10, peak=1e-2, final=1e-5, warmup_steps=2, shape="one_minus_sqrt")
        for step in range(10)
    ]
    assert lines[-1]["learning_rate"] == 1e-5
    assert [line["tokens"] for line in lines] == [step * 8 * 32 for step in range(1, 11)]
    assert [{"step": event.step, **event.values} for event in events.of(Metric)] == lines
    assert [(event.done, event.total, event.unit) for event in events.of(Progress)] == [
        (step, 10, "steps") for step in range(1, 11)
    ]
    assert result["steps"] == 10 and result["tokens"] == 80 * 32


@pytest.mark.parametrize("method", ["lora", "full", "qlora"])
def test_training_lowers_the_loss_and_exports_what_was_trained(run_training, mixture, tmp_path, method):
    result = run_training(mixture(rows=96), method=method, lora={"rank": 16})
    assert result["loss_last_tenth"] < result["loss_first_tenth"]
    comparison = result["export"]
    assert comparison["difference"] <= comparison["tolerance"] < comparison["effect"]
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert left == {"model", "history.jsonl", "result.json"} | ({"adapter"} if method != "full" else set())


def test_same_inputs_and_seed_give_the_same_bytes_and_another_seed_other_ones(
    run_training, mixture, tmp_path
):
    folder = mixture(rows=16)
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        run_training(folder, out=out, seed=seed)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    assert weights(tmp_path / "a").keys() == weights(tmp_path / "c").keys()
    assert weights(tmp_path / "a") != weights(tmp_path / "c")


def test_asked_to_stop_it_saves_after_that_step_and_goes_on_to_the_same_weights(
    run_training, mixture, tmp_path
):
    folder = mixture(rows=48)
    run_training(folder, out="whole")
    events = Recorder(stop_after=3)
    with pytest.raises(Stopped, match="after step 3 of 6") as stopped:
        run_training(folder, out="stopped", emit=events.append, should_stop=events.should_stop)
    assert stopped.value.exit_code == 75
    assert (tmp_path / "stopped" / "checkpoints" / "checkpoint-3" / "complete.json").exists()

    again = Recorder()
    run_training(folder, out="stopped", emit=again.append)
    assert [event.text for event in again.of(Message)] == ["continues after step 3 of 6"]
    assert [event.step for event in again.of(Metric)] == [4, 5, 6]
    assert weights(tmp_path / "stopped") == weights(tmp_path / "whole")


def test_every_whole_checkpoint_is_announced_with_its_place_size_and_loss(run_training, mixture, tmp_path):
    seen, sizes = [], []

    def emit(event):
        seen.append(event)
        if isinstance(event, Checkpoint):
            assert (Path(event.path) / "complete.json").exists(), "it is whole when it is announced"
            card = Path(event.path).parent / "README.md"
            assert not card.exists(), "TRL drafts one at every checkpoint, and nobody reads it"
            sizes.append(sum(f.stat().st_size for f in Path(event.path).rglob("*") if f.is_file()))

    run_training(mixture(rows=48), emit=emit)
    told = [event for event in seen if isinstance(event, Checkpoint)]
    assert [event.step for event in told] == [4, 6]
    assert [event.path for event in told] == [
        str(tmp_path / "run" / "checkpoints" / f"checkpoint-{step}") for step in (4, 6)
    ]
    assert [event.bytes for event in told] == sizes
    losses = {line["step"]: line["loss"] for line in history.read(tmp_path / "run" / "history.jsonl")}
    assert [event.loss for event in told] == [losses[4], losses[6]]


def test_asked_to_stop_at_the_last_step_it_finishes(run_training, mixture):
    events = Recorder(stop_after=2)
    result = run_training(mixture(rows=16), emit=events.append, should_stop=events.should_stop)
    assert result["steps"] == 2


def test_micro_batch_may_change_between_a_stop_and_a_resume(run_training, mixture):
    folder = mixture(rows=48)
    events = Recorder(stop_after=3)
    with pytest.raises(Stopped):
        run_training(folder, emit=events.append, should_stop=events.should_stop, micro_batch=4)
    assert run_training(folder, micro_batch=2)["steps"] == 6


def test_another_mixture_is_refused_and_nothing_is_lost(run_training, mixture, tmp_path):
    events = Recorder(stop_after=3)
    with pytest.raises(Stopped):
        run_training(mixture(rows=48), emit=events.append, should_stop=events.should_stop)
    with pytest.raises(InputError, match="another mixture"):
        run_training(mixture("other", rows=48, seed=4, fingerprint="e" * 32))
    assert (tmp_path / "run" / "checkpoints" / "checkpoint-3" / "complete.json").exists()


def test_a_finished_run_that_was_not_yet_published_is_not_trained_again(run_training, mixture):
    folder = mixture(rows=16)
    first = run_training(folder)
    events = Recorder()
    assert run_training(folder, emit=events.append) == first
    assert events == []


def test_loss_that_is_no_number_stops_the_run_and_is_never_saved(run_training, mixture, tmp_path):
    with pytest.raises(CooldownError, match=r"(?s)at step \d.*learning_rate") as raised:
        run_training(
            mixture(rows=64),
            method="full",
            learning_rate=1e30,
            schedule="constant",
            max_grad_norm=0.0,
            checkpoint_every=1,
        )
    step = int(re.search(r"at step (\d+)", str(raised.value))[1])
    saved = {path.name for path in (tmp_path / "run" / "checkpoints").glob("checkpoint-*")}
    assert saved == {f"checkpoint-{before}" for before in range(max(1, step - 2), step)}
    lines = list(history.read(tmp_path / "run" / "history.jsonl"))
    assert [line["step"] for line in lines] == list(range(1, step))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
        ),
        MemoryError(),
    ],
)
def test_out_of_memory_names_what_to_lower(run_training, mixture, monkeypatch, error):
    def fail(self, *rest):
        raise error

    monkeypatch.setattr(PackedTrainer, "training_step", fail)
    with pytest.raises(CooldownError) as raised:
        run_training(mixture(rows=16))
    for word in ("micro_batch", "activation_checkpointing", "sequence_length", "qlora"):
        assert word in str(raised.value)


def test_other_errors_pass_as_they_are(run_training, mixture, monkeypatch):
    def fail(self, *rest):
        raise RuntimeError("something else")

    monkeypatch.setattr(PackedTrainer, "training_step", fail)
    with pytest.raises(RuntimeError, match="something else"):
        run_training(mixture(rows=16))


def test_rows_that_make_no_whole_steps_and_a_missing_mixture_are_refused(run_training, mixture, tmp_path):
    with pytest.raises(InputError, match="81 sequences"):
        run_training(mixture(rows=81))
    with pytest.raises(InputError, match="no mixture"):
        run_training(tmp_path)


def test_a_quantised_base_is_refused(run_training, mixture, tiny_model, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(tiny_model, base)
    config = (base / "config.json").read_text()
    quantised = '{"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": true},'
    (base / "config.json").write_text(config.replace("{", quantised, 1))
    with pytest.raises(InputError, match="quantised"):
        run_training(mixture(rows=16), model=base)


def test_rounding_that_swallows_what_was_learnt_is_said(run_training, mixture, tiny_model, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(tiny_model, base)
    state = {
        name: tensor.to(torch.bfloat16) for name, tensor in load_file(base / "model.safetensors").items()
    }
    from safetensors.torch import save_file

    save_file(state, base / "model.safetensors", metadata={"format": "pt"})
    config = (base / "config.json").read_text().replace("float32", "bfloat16")
    (base / "config.json").write_text(config)
    events = Recorder()
    result = run_training(mixture(rows=16), model=base, emit=events.append, learning_rate=1e-7)
    assert result["export"]["dtype"] == "bfloat16"
    assert any("rounding to bfloat16" in event.text for event in events.of(Message))
