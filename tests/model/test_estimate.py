import subprocess
import sys

import pytest

from cooldown_kit.model.estimate import (
    estimate_training,
    hardware,
    seconds_to_generate,
    seconds_to_score,
)
from cooldown_kit.model.facts import read_facts
from cooldown_kit.model.memory import activation_bytes, estimate_memory
from cooldown_kit.model.speed import forward_flops, training_flops
from cooldown_kit.train.options import TrainOptions


@pytest.fixture(scope="module")
def facts(tiny_model):
    return read_facts(tiny_model)


def memory(facts, method="lora", **changes):
    how = {
        "micro_batch": 1,
        "sequence_length": 128,
        "dtype_bytes": 4,
        "checkpointing": False,
        "rank": 8,
        **changes,
    }
    return estimate_memory(facts, method, **how)


def estimate(facts, speed=None, **options):
    train = TrainOptions.model_validate({"micro_batch": 1, "device": "cpu", "precision": "fp32", **options})
    return estimate_training(
        facts, train, sequence_length=128, steps=10, hardware=hardware(), measured_tokens_per_second=speed
    )


def kept_by_autograd(folder, method, tokens, rank):
    """Bytes that autograd really keeps of a packed line of two documents, parameters left out."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    backbone = model.model
    if method == "lora":
        get_peft_model(model, LoraConfig(r=rank, target_modules="all-linear", task_type="CAUSAL_LM"))
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    kept = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    half = tokens // 2
    positions = torch.cat([torch.arange(half), torch.arange(tokens - half)])[None]
    with torch.autograd.graph.saved_tensors_hooks(note, lambda t: t):
        output = backbone(
            input_ids=torch.randint(3, 800, (1, tokens)), position_ids=positions, use_cache=False
        )
    assert output.last_hidden_state.requires_grad
    return sum(kept.values())


@pytest.mark.parametrize("method", ["lora", "full"])
@pytest.mark.parametrize("tokens", [64, 256])
def test_activations_are_those_that_autograd_keeps(tiny_model, facts, method, tokens):
    kept = kept_by_autograd(tiny_model, method, tokens, rank=8)
    counted = activation_bytes(facts, method, tokens, 4, checkpointing=False, rank=8)
    assert counted == pytest.approx(kept, rel=0.1)


def test_weights_gradients_and_moments_are_counted_by_method(facts):
    full, lora = memory(facts, "full"), memory(facts, "lora")
    assert full["weights"] == full["gradients"] == lora["weights"] == 4 * facts.parameters
    assert full["optimizer"] == 8 * facts.parameters
    assert (full["adapter"], lora["adapter"]) == (0, 4 * facts.lora_parameters(8))
    assert lora["optimizer"] == 8 * facts.lora_parameters(8)


def test_a_four_bit_base_takes_half_a_byte_per_linear_weight(facts):
    lora, qlora = memory(facts, "lora"), memory(facts, "qlora")
    largest = max(rows * columns for rows, columns in facts.linear_shapes)
    saved = lora["weights"] - qlora["weights"] + 4 * largest
    assert saved == pytest.approx((4 - 0.516) * facts.linear_parameters, rel=1e-3)


@pytest.mark.parametrize("more", [{"micro_batch": 2}, {"sequence_length": 256}])
def test_longer_lines_take_more(facts, more):
    less, bigger = memory(facts), memory(facts, **more)
    assert bigger["activations"] > 2 * less["activations"]  # the mask grows with the square
    assert bigger["logits"] == 2 * less["logits"]
    assert bigger["weights"] == less["weights"]


def test_checkpointing_takes_less_memory_and_more_work(facts):
    assert memory(facts, checkpointing=True)["activations"] < memory(facts)["activations"]
    plain, twice = (training_flops(facts, "lora", 128, checkpointing=c, rank=8) for c in (False, True))
    assert plain < twice < plain * 1.5


def test_full_training_costs_the_textbooks_six_operations_per_weight(facts):
    weights = facts.linear_parameters + facts.vocabulary * facts.hidden_size
    head_again = 2 * facts.vocabulary * facts.hidden_size
    attention = 12 * facts.layers * 128 * facts.hidden_size
    assert (
        training_flops(facts, "full", 128, checkpointing=False, rank=8)
        == 6 * weights + head_again + attention
    )
    assert forward_flops(facts, 128) == 2 * weights + attention / 3


def test_the_machine_is_described_by_what_it_has():
    machine = hardware()
    assert 0 < machine.memory_free <= machine.memory_total
    assert machine.cores >= 1
    assert machine.name


def test_a_measured_speed_is_believed(facts):
    result = estimate(facts, speed=1000.0)
    assert result.tokens_per_second == 1000
    assert result.seconds == pytest.approx(10 * 8 * 128 / 1000)
    assert "earlier run" in result.basis
    assert result.total_bytes == sum(result.memory.values())


def test_without_a_measured_speed_this_machine_is_measured(facts):
    result = estimate(facts)
    assert result.seconds > 0
    assert "GFLOP/s here" in result.basis


def test_scoring_a_token_costs_less_than_training_on_it(facts):
    result = estimate(facts, speed=1000.0, method="full")
    assert 1 / 5 < seconds_to_score(facts, result, tokens=1000) < 1 / 2
    assert seconds_to_generate(facts, result, tokens=10) == 10 * seconds_to_generate(facts, result, tokens=1)


def test_looking_at_the_machine_needs_no_torch():
    code = (
        "import sys; sys.modules['torch'] = None; from cooldown_kit.model.hardware import hardware; "
        "print(hardware().device)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "cpu"
