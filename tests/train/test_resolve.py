"""Promises of ``auto``: a value and its reason, and an early no to what cannot work."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.errors import RecipeError
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.train.resolve import resolve_train

CPU = SimpleNamespace(device="cpu", name="a CPU", memory_free=10**10, bf16=False)
GPU = SimpleNamespace(device="cuda", name="a GPU", memory_free=10**10, bf16=True)
OLD_GPU = SimpleNamespace(device="cuda", name="an old GPU", memory_free=10**10, bf16=False)


@pytest.fixture(scope="module", autouse=True)
def _estimate():
    """A memory model that is easy to reason about: a GB each for the model and for every sequence computed at once,
    a quarter of that where activations are recomputed."""

    def estimate_training(facts, options, **rest):
        each = 0.25e9 if options.activation_checkpointing else 1e9
        return SimpleNamespace(total_bytes=1e9 + each * options.micro_batch)

    module = ModuleType("cooldown_kit.model.estimate")
    module.estimate_training = estimate_training
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cooldown_kit.model.estimate", module)
        yield


def resolve(hardware=CPU, *, steps=1000, sequence_length=1024, world_size=1, **options):
    return resolve_train(
        TrainOptions(**options),
        None,
        hardware,
        steps=steps,
        sequence_length=sequence_length,
        world_size=world_size,
    )


@given(
    st.sampled_from(["lora", "qlora", "full"]),
    st.sampled_from([CPU, GPU, OLD_GPU]),
    st.integers(1, 5000),
    st.integers(1, 96),
    st.sampled_from([1, 2, 3, 4]),
)
def test_no_auto_is_left_and_each_has_its_reason(method, hardware, steps, batch, world):
    options, reasons = resolve(
        hardware, method=method, steps=steps, batch_sequences=batch * world, world_size=world
    )
    left_open = {name for name, value in TrainOptions(method=method).model_dump().items() if value == "auto"}
    assert "auto" not in options.model_dump().values()
    assert set(reasons) == left_open
    assert all(reasons.values())
    assert options.batch_sequences % (options.micro_batch * world) == 0
    assert TrainOptions.model_validate(options.model_dump()) == options


def test_what_was_set_stays_and_gets_no_reason():
    given_options = {"learning_rate": 1e-3, "weight_decay": 0.1, "checkpoint_every": 7, "micro_batch": 2}
    options, reasons = resolve(**given_options)
    assert options.model_dump(include=set(given_options)) == given_options
    assert not reasons.keys() & given_options.keys()


@pytest.mark.parametrize(
    ("method", "steps", "rate", "decay"),
    [("full", 50, 2e-5, 0.1), ("lora", 1000, 2e-4, 0.0), ("lora", 99, 3e-4, 0.0), ("qlora", 1000, 2e-4, 0.0)],
)
def test_adapters_get_ten_times_the_rate_fifteen_in_short_runs_and_no_decay(method, steps, rate, decay):
    options, _ = resolve(method=method, steps=steps)
    assert options.learning_rate == pytest.approx(rate)
    assert options.weight_decay == decay


@pytest.mark.parametrize(
    ("hardware", "device", "precision"),
    [(CPU, "cpu", "fp32"), (GPU, "cuda", "bf16"), (OLD_GPU, "cuda", "fp32")],
)
def test_device_and_precision_are_what_the_machine_has(hardware, device, precision):
    options, _ = resolve(hardware)
    assert (options.device, options.precision) == (device, precision)


def test_a_gpu_computes_as_many_sequences_at_once_as_fit_and_divide_the_batch():
    assert resolve(GPU, batch_sequences=24)[0].micro_batch == 8  # nine GB less one, of eight that divide 24
    assert resolve(GPU, batch_sequences=7)[0].micro_batch == 7
    assert resolve(GPU, batch_sequences=24, sequence_length=4096)[0].micro_batch == 4  # 16,384 tokens at once
    assert resolve(GPU, batch_sequences=24, world_size=4)[0].micro_batch == 6
    assert resolve(CPU, batch_sequences=24)[0].micro_batch == 1


def test_activations_are_recomputed_only_where_memory_asks_for_it():
    assert not resolve(GPU, batch_sequences=16)[0].activation_checkpointing
    small = SimpleNamespace(**{**vars(GPU), "memory_free": 2.1e9})
    options, reasons = resolve(small, batch_sequences=16)
    assert options.activation_checkpointing and options.micro_batch == 2
    assert "2.1 GB" in reasons["activation_checkpointing"]


def test_too_little_memory_is_said_in_the_reason():
    options, reasons = resolve(SimpleNamespace(**{**vars(GPU), "memory_free": 1e8}))
    assert options.micro_batch == 1 and options.activation_checkpointing
    assert "1.2 GB" in reasons["micro_batch"] and "0.1 GB" in reasons["micro_batch"]


@pytest.mark.parametrize(
    ("options", "world", "words"),
    [
        ({"batch_sequences": 10, "micro_batch": 4}, 1, ["batch_sequences: 12", "micro_batch: 2"]),
        (
            {"batch_sequences": 8, "micro_batch": 4},
            4,
            ["batch_sequences: 16", "micro_batch: 2", "4 processes"],
        ),
        ({"batch_sequences": 8}, 3, ["batch_sequences: 9", "processes"]),
    ],
)
def test_a_batch_that_cannot_be_shared_evenly_is_refused_with_both_remedies(options, world, words):
    with pytest.raises(RecipeError) as raised:
        resolve(world_size=world, **options)
    assert raised.value.where == "train.batch_sequences"
    for word in words:
        assert word in str(raised.value)


@pytest.mark.parametrize(
    ("options", "hardware", "where"),
    [
        ({"device": "cuda"}, CPU, "train.device"),
        ({"precision": "bf16"}, CPU, "train.precision"),
        ({"learning_rate": 1e-5, "final_learning_rate": 1e-4}, CPU, "train.final_learning_rate"),
        ({"method": "full", "final_learning_rate": 1e-4}, CPU, "train.final_learning_rate"),
    ],
)
def test_what_cannot_work_is_refused_where_it_stands(options, hardware, where):
    with pytest.raises(RecipeError) as raised:
        resolve(hardware, **options)
    assert raised.value.where == where and raised.value.remedy


def test_without_bitsandbytes_qlora_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setattr("cooldown_kit.train.resolve.find_spec", lambda name: None)
    with pytest.raises(RecipeError, match="bitsandbytes"):
        resolve(method="qlora")


def test_number_of_processes_comes_from_the_launcher(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "5")
    with pytest.raises(RecipeError, match="5 processes"):
        resolve(world_size=None, batch_sequences=8)
