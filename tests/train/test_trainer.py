"""Promises of the trainer: rows go through untouched, documents stay apart, the loss is the textbook's."""

from __future__ import annotations

import io
import json
import os
import shutil

import pytest
import torch
from datasets import Dataset
from huggingface_hub.utils import _telemetry
from transformers import AutoModelForCausalLM, TrainerCallback

from cooldown_kit.errors import InputError
from cooldown_kit.train.quiet import quiet_libraries
from cooldown_kit.train.schedule import learning_rate
from cooldown_kit.train.trainer import StepSchedule, build_trainer


class Log(TrainerCallback):
    def __init__(self):
        self.lines = []

    def on_log(self, args, state, control, logs, **rest):
        if "loss" in logs:
            self.lines.append(dict(logs))


@pytest.fixture
def make_trainer(tiny_model, tmp_path, mixture, make_options):
    folder = mixture(rows=32)

    def make(*, model=tiny_model, steps=4, callbacks=(), rows=None, **options):
        dataset = Dataset.from_file(str(folder / "rows.arrow"))
        return build_trainer(
            model=model,
            rows=dataset if rows is None else dataset.select(rows),
            options=make_options(**options),
            steps=steps,
            seed=1,
            folder=tmp_path / "checkpoints",
            callbacks=list(callbacks),
        )

    with quiet_libraries():
        yield make


def documents(row):
    """The documents of a row, as (token ids, labels)."""
    start = 0
    for length in row["seq_lengths"]:
        part = slice(start, start + length)
        yield row["input_ids"][part], row["labels"][part]
        start += length


def test_batches_have_restarting_positions_and_no_attention_mask(make_trainer):
    trainer = make_trainer(micro_batch=4)
    batch = next(iter(trainer.get_train_dataloader()))
    rows = trainer.train_dataset.select(range(4))
    assert "attention_mask" not in batch
    lengths = [length for row in rows for length in row["seq_lengths"]]
    assert batch["position_ids"][0].tolist() == [i for length in lengths for i in range(length)]
    assert batch["input_ids"][0].tolist() == [token for row in rows for token in row["input_ids"]]


def test_packed_documents_get_the_logits_of_documents_read_alone(make_trainer, tiny_model):
    trainer = make_trainer(micro_batch=4)
    batch = next(iter(trainer.get_train_dataloader()))
    model = AutoModelForCausalLM.from_pretrained(tiny_model).eval()
    with torch.no_grad():
        inputs = {key: value for key, value in batch.items() if key != "labels"}
        packed = model(**inputs, use_cache=False).logits[
            0
        ]  # as TRL calls it: a cache would undo the isolation
        alone = [
            model(input_ids=torch.tensor([ids])).logits[0]
            for row in trainer.train_dataset.select(range(4))
            for ids, _ in documents(row)
        ]
    assert len(alone) > 4
    assert (packed - torch.cat(alone)).abs().max() < 1e-5


def textbook_loss(model, rows):
    """Mean cross-entropy of every trained token given those before it in its document, each document alone."""
    losses = []
    for row in rows:
        for ids, labels in documents(row):
            with torch.no_grad():
                scores = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
            losses += [-scores[i - 1, labels[i]] for i in range(1, len(ids)) if labels[i] != -100]
    return torch.stack(losses).mean().item()


def test_first_loss_is_the_textbook_loss_over_trained_tokens_only(make_trainer, tiny_model):
    log = Log()
    trainer = make_trainer(steps=1, rows=range(8), callbacks=[log], micro_batch=2, method="full")
    rows = trainer.train_dataset.select(range(8))
    assert any(label == -100 for row in rows for label in row["labels"])
    trainer.train()
    model = AutoModelForCausalLM.from_pretrained(tiny_model).eval()
    assert log.lines[0]["loss"] == pytest.approx(textbook_loss(model, rows), rel=1e-5)


def test_whole_logits_are_never_made(make_trainer):
    trainer = make_trainer(steps=1, rows=range(8))
    calls = []
    trainer.model.get_output_embeddings().register_forward_hook(lambda *rest: calls.append(1))
    trainer.train()
    assert calls == []


@pytest.mark.parametrize("method", ["lora", "full"])
def test_one_by_eight_and_four_by_two_train_alike(make_trainer, method):
    logs = {}
    for micro_batch in (1, 4, 8):
        log = Log()
        make_trainer(callbacks=[log], micro_batch=micro_batch, method=method, learning_rate=1e-3).train()
        logs[micro_batch] = log.lines
    for micro_batch in (1, 4):
        for found, wanted in zip(logs[micro_batch], logs[8], strict=True):
            assert found["loss"] == pytest.approx(wanted["loss"], rel=1e-5)
            assert found["grad_norm"] == pytest.approx(wanted["grad_norm"], rel=1e-3)


def test_activation_checkpointing_changes_no_number(make_trainer):
    logs = []
    for on in (False, True):
        log = Log()
        make_trainer(callbacks=[log], steps=2, rows=range(16), activation_checkpointing=on).train()
        logs.append([(line["loss"], line["grad_norm"]) for line in log.lines])
    for plain, twice in zip(*logs, strict=True):
        assert plain == pytest.approx(twice, rel=1e-5)


@pytest.mark.parametrize("shape", ["linear", "one_minus_sqrt", "cosine", "constant"])
def test_scheduler_gives_every_step_its_learning_rate(make_options, shape):
    options = make_options(schedule=shape, warmup=0.2, final_learning_rate=1e-6)
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    schedule = StepSchedule(optimizer, options, 10)
    seen = []
    for _ in range(10):
        seen.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert seen == [
        learning_rate(step, steps=10, peak=1e-2, final=1e-6, warmup_steps=2, shape=shape)
        for step in range(10)
    ]


def test_scheduler_state_is_only_the_step_and_loads_safely(make_options):
    def fresh():
        return StepSchedule(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0), make_options(), 10)

    first = fresh()
    for _ in range(4):
        first.optimizer.step()
        first.step()
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second = fresh()
    second.load_state_dict(torch.load(file, weights_only=True))
    assert second.get_last_lr() == first.get_last_lr() == first.get_lr()


def test_adapters_sit_on_all_linear_layers_but_the_head_in_fp32_and_without_dropout(make_trainer):
    trainer = make_trainer()
    trained = {name: p for name, p in trainer.model.named_parameters() if p.requires_grad}
    for layer in ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"):
        assert sum(layer in name for name in trained) == 4  # A and B in two layers
    assert not any("lm_head" in name or "embed" in name for name in trained)
    assert {p.dtype for p in trained.values()} == {torch.float32}
    assert trainer.model.peft_config["default"].use_rslora
    assert all(m.p == 0 for m in trainer.model.modules() if isinstance(m, torch.nn.Dropout))


def test_nobody_is_told_that_somebody_trains(make_trainer, monkeypatch, capfd):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(_telemetry.constants, "is_offline_mode", lambda: False)
    sent = []
    monkeypatch.setattr(_telemetry, "_start_telemetry_thread", lambda: sent.append("thread"))
    make_trainer(steps=1, rows=range(8)).train()
    assert sent == [] and _telemetry._TELEMETRY_QUEUE.empty()
    assert os.environ["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert capfd.readouterr().out == ""


def test_several_gpus_in_one_process_are_refused_with_the_way_to_choose_one(make_trainer, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    with pytest.raises(InputError, match=r"(?s)4 GPUs.*CUDA_VISIBLE_DEVICES"):
        make_trainer(device="cuda")


def test_dropout_of_the_base_is_switched_off(make_trainer, tiny_model, tmp_path):
    base = tmp_path / "base"
    shutil.copytree(tiny_model, base)
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, "attention_dropout": 0.3}))
    assert make_trainer(model=base, method="full").model.config.attention_dropout == 0
