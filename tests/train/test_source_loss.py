"""Promises of the losses by source: the textbook's for each source, and nothing of the training changes for them."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from datasets import Dataset

from cooldown_kit.errors import Stopped
from cooldown_kit.events import Metric
from cooldown_kit.train import history
from cooldown_kit.train.quiet import quiet_libraries
from cooldown_kit.train.source_loss import SourceLosses
from cooldown_kit.train.trainer import build_trainer

NAMES = ("code", "text")


def alone(tensor):
    return tensor


def trained_tokens(rows, source):
    """Tokens of one source that are trained: labelled, and not the first of their document."""
    count = 0
    for row in rows:
        if row["source"] != source:
            continue
        starts = {0}
        for length in row["seq_lengths"]:
            starts.add(max(starts) + length)
        count += sum(label != -100 and place not in starts for place, label in enumerate(row["labels"]))
    return count


def by_source(line):
    return {name.removeprefix("loss/"): value for name, value in line.items() if name.startswith("loss/")}


def test_rows_of_one_micro_batch_count_for_their_own_source_and_micro_batches_add_up():
    losses = SourceLosses(NAMES)
    # two rows of three tokens: the first token of a row is nobody's, so five entries
    log_probs = torch.tensor([[-1.0, -3.0, 0.0, -5.0, 0.0]])
    losses.add(log_probs, log_probs != 0, torch.tensor([1, 0]))
    losses.add(torch.tensor([[-7.0, 0.0]]), torch.tensor([[True, False]]), torch.tensor([0]))
    assert losses.take(alone) == {"loss/code": 6.0, "tokens/code": 2, "loss/text": 2.0, "tokens/text": 2}


def test_a_source_that_the_step_did_not_read_or_train_has_no_loss():
    losses = SourceLosses(("code", "text", "talk"))
    losses.add(torch.zeros(1, 5), torch.tensor([[1, 1, 0, 0, 0]]).bool(), torch.tensor([0, 2]))
    assert losses.take(alone) == {"loss/code": 0.0, "tokens/code": 2}
    assert losses.take(alone) == {}, "each step starts anew"


def test_the_sums_of_all_processes_are_added_before_they_are_divided():
    losses = SourceLosses(NAMES)
    losses.add(torch.tensor([[-2.0]]), torch.tensor([[True]]), torch.tensor([0]))
    other = torch.tensor([[6.0, 5.0], [3.0, 1.0]])
    assert losses.take(lambda sums: sums + other) == {
        "loss/code": 2.0,
        "tokens/code": 4,
        "loss/text": 5.0,
        "tokens/text": 1,
    }


@pytest.mark.parametrize("micro_batch", [1, 2, 8])
def test_their_mean_over_trained_tokens_is_the_loss_whatever_the_micro_batch(
    run_training, mixture, tmp_path, micro_batch
):
    folder = mixture(rows=32)
    metrics = []
    run_training(folder, micro_batch=micro_batch, emit=metrics.append)
    rows = Dataset.from_file(str(folder / "rows.arrow"))
    lines = list(history.read(tmp_path / "run" / "history.jsonl"))
    assert len(lines) == 4
    for step, line in enumerate(lines):
        read = list(rows.select(range(8 * step, 8 * step + 8)))
        tokens = {name: trained_tokens(read, number) for number, name in enumerate(NAMES)}
        found = by_source(line)
        assert found.keys() == {name for name, count in tokens.items() if count}
        assert {name: line[f"tokens/{name}"] for name in found} == {
            n: count for n, count in tokens.items() if count
        }
        mean = sum(found[name] * tokens[name] for name in found) / sum(tokens.values())
        assert mean == pytest.approx(line["loss"], rel=1e-5)
    values = [event.values for event in metrics if isinstance(event, Metric)]
    assert [by_source(line) for line in lines] == [by_source(line) for line in values]


def test_a_step_of_one_source_has_that_source_s_loss_alone(run_training, mixture, tmp_path):
    folder = mixture(rows=8)
    about = json.loads((folder / "mixture.json").read_text())
    rows = Dataset.from_file(str(folder / "rows.arrow"))
    table = rows.with_format("arrow")[:]
    only = table.set_column(table.schema.get_field_index("source"), "source", [[1] * 8])
    import pyarrow as pa

    with pa.OSFile(str(folder / "one.arrow"), "wb") as file, pa.ipc.new_stream(file, only.schema) as writer:
        writer.write_table(only)
    (folder / "one.arrow").replace(folder / "rows.arrow")
    assert [source["name"] for source in about["sources"]] == list(NAMES)
    run_training(folder)
    (line,) = history.read(tmp_path / "run" / "history.jsonl")
    assert by_source(line) == {"text": pytest.approx(line["loss"], rel=1e-5)}


@pytest.mark.parametrize("method", ["full", "lora"])
def test_weights_and_gradients_are_the_same_bit_for_bit_without_them(
    mixture, make_options, tiny_model, tmp_path, method
):
    rows = Dataset.from_file(str(mixture(rows=24) / "rows.arrow"))
    found = []
    for sources in ((), NAMES):
        with quiet_libraries():
            trainer = build_trainer(
                model=tiny_model,
                rows=rows,
                options=make_options(method=method, micro_batch=2),
                steps=3,
                seed=1,
                folder=tmp_path / "checkpoints",
                callbacks=[],
                sources=sources,
            )
            trainer.train()
        logged = [(line["loss"], line["grad_norm"]) for line in trainer.state.log_history if "loss" in line]
        assert len(logged) == 3
        found.append((logged, {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}))
    (plain, weights), (by_sources, same) = found
    assert plain == by_sources
    assert weights.keys() == same.keys()
    assert all(torch.equal(weights[name], same[name]) for name in weights)


def test_a_run_that_was_stopped_goes_on_to_the_same_losses_by_source(run_training, mixture, tmp_path):
    folder = mixture(rows=48)
    run_training(folder, out="whole")
    seen = []
    with pytest.raises(Stopped):
        run_training(
            folder,
            out="stopped",
            emit=seen.append,
            should_stop=lambda: sum(isinstance(event, Metric) for event in seen) >= 2,
        )
    shutil.copy(tmp_path / "stopped" / "history.jsonl", tmp_path / "before.jsonl")
    run_training(folder, out="stopped")
    whole, stopped = (
        [by_source(line) for line in history.read(tmp_path / out / "history.jsonl")]
        for out in ("whole", "stopped")
    )
    assert 0 < len(list(history.read(tmp_path / "before.jsonl"))) < 6
    assert stopped == whole
