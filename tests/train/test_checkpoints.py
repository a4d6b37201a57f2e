"""Promises of checkpoints: whole or not there, and never another run's."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import torch

from cooldown_kit.errors import InputError, StorageError
from cooldown_kit.train import checkpoints
from cooldown_kit.train.checkpoints import Identity
from cooldown_kit.train.options import TrainOptions

IDENTITY = Identity("mixture", "model", "options")


def save(folder, step, *, whole=True, keep=10):
    path = checkpoints.path_of(folder, step)
    path.mkdir(parents=True)
    (path / "optimizer.pt").write_bytes(b"state")
    if whole:
        checkpoints.finish(folder, step, IDENTITY, keep)


def test_newest_is_the_last_whole_one_by_number(tmp_path):
    for step in (9, 100, 20):
        save(tmp_path, step)
    assert checkpoints.newest(tmp_path, IDENTITY) == 100


def test_half_written_checkpoint_is_deleted_and_the_one_before_it_used(tmp_path):
    save(tmp_path, 10)
    save(tmp_path, 20, whole=False)
    assert checkpoints.newest(tmp_path, IDENTITY) == 10
    assert not checkpoints.path_of(tmp_path, 20).exists()


def test_without_checkpoints_there_is_nothing_to_continue(tmp_path):
    assert checkpoints.newest(tmp_path / "none", IDENTITY) is None


def test_only_the_newest_are_kept_and_never_before_the_new_one_is_whole(tmp_path):
    for step in (10, 20, 30):
        save(tmp_path, step, keep=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-20", "checkpoint-30"]
    save(tmp_path, 40, whole=False)
    assert checkpoints.newest(tmp_path, IDENTITY) == 30


@pytest.mark.parametrize(
    ("field", "words"), [("mixture", "mixture"), ("model", "base model"), ("options", "training options")]
)
def test_a_checkpoint_of_another_run_is_refused_with_the_difference_and_a_remedy(tmp_path, field, words):
    save(tmp_path, 10)
    with pytest.raises(InputError, match=f"another {words}|other {words}") as raised:
        checkpoints.newest(tmp_path, replace(IDENTITY, **{field: "changed"}))
    assert str(tmp_path) in str(raised.value)
    assert checkpoints.path_of(tmp_path, 10).exists()


def identity(model, seed=1, steps=10, **options):
    return Identity.of(mixture="m", model=model, options=TrainOptions(**options), seed=seed, steps=steps)


def test_identity_changes_with_what_decides_the_weights_and_not_with_what_decides_cost(tiny_model):
    first = identity(tiny_model)
    assert identity(tiny_model, micro_batch=4, checkpoint_every=7, keep_checkpoints=1) == first
    assert identity(tiny_model, seed=2) != first
    assert identity(tiny_model, steps=11) != first
    assert identity(tiny_model, schedule="cosine") != first
    assert identity(tiny_model, lora={"rank": 8}) != first


def test_identity_changes_with_the_model(tiny_model, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    assert identity(copy) == identity(tiny_model)
    weights = copy / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert identity(copy) != identity(tiny_model)


class Disk:
    free = 10**6


def test_a_disk_too_small_for_the_checkpoints_is_found_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints.shutil, "disk_usage", lambda path: Disk)
    with pytest.raises(StorageError, match="free"):
        checkpoints.probe(torch.nn.Linear(1000, 1000), tmp_path, TrainOptions(method="full"))


def test_a_folder_that_cannot_be_written_is_found_before_training(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        checkpoints.probe(torch.nn.Linear(2, 2), tmp_path / "file", TrainOptions(method="full"))
