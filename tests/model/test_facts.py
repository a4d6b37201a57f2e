import json
import subprocess
import sys

import pytest

from cooldown_kit.errors import InputError
from cooldown_kit.model.facts import read_facts


def edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_facts_agree_with_the_loaded_model(tiny_model):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    facts = read_facts(tiny_model)
    assert facts.architecture == "LlamaForCausalLM"
    assert facts.parameters == model.num_parameters()
    assert facts.embedding_parameters == model.get_input_embeddings().weight.numel()
    assert (facts.layers, facts.hidden_size, facts.intermediate_size) == (2, 64, 128)
    assert (facts.heads, facts.kv_heads, facts.head_dim) == (4, 4, 16)
    assert (facts.vocabulary, facts.context_length) == (800, 256)
    assert facts.tied_embeddings
    assert facts.dtype == "F32"
    assert facts.bytes_on_disk == (tiny_model / "model.safetensors").stat().st_size


@pytest.mark.parametrize("rank", [1, 8])
def test_lora_parameters_are_those_that_peft_makes(tiny_model, rank):
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(tiny_model), LoraConfig(r=rank, target_modules="all-linear")
    )
    assert read_facts(tiny_model).lora_parameters(rank) == model.get_nb_trainable_parameters()[0]


@pytest.mark.parametrize(
    ("config_class", "model_class", "sizes"),
    [
        ("GPT2Config", "GPT2LMHeadModel", {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64}),
        (
            "GPTNeoXConfig",
            "GPTNeoXForCausalLM",
            {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64},
        ),
        (
            "Qwen2Config",
            "Qwen2ForCausalLM",
            {
                "hidden_size": 32,
                "num_hidden_layers": 2,
                "num_attention_heads": 4,
                "num_key_value_heads": 2,
                "intermediate_size": 64,
                "tie_word_embeddings": False,
            },
        ),
    ],
)
def test_facts_of_other_families_agree_with_the_loaded_model(tmp_path, config_class, model_class, sizes):
    import transformers
    from peft import LoraConfig, get_peft_model

    model = getattr(transformers, model_class)(getattr(transformers, config_class)(vocab_size=96, **sizes))
    model.save_pretrained(tmp_path)
    facts = read_facts(tmp_path)
    assert facts.parameters == model.num_parameters()
    assert (facts.layers, facts.hidden_size, facts.vocabulary) == (2, 32, 96)
    assert facts.tied_embeddings == (
        model.get_output_embeddings().weight is model.get_input_embeddings().weight
    )
    adapted = get_peft_model(model, LoraConfig(r=4, target_modules="all-linear"))
    assert facts.lora_parameters(4) == adapted.get_nb_trainable_parameters()[0]


def test_an_untied_head_counts_and_a_tied_copy_does_not(tmp_path):
    import torch
    from safetensors.torch import save_file

    config = {
        "hidden_size": 8,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 16,
    }
    weights = {"model.embed_tokens.weight": torch.zeros(10, 8), "lm_head.weight": torch.zeros(10, 8)}
    save_file(weights, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({**config, "tie_word_embeddings": False}))
    assert (read_facts(tmp_path).parameters, read_facts(tmp_path).embedding_parameters) == (160, 160)
    edit(tmp_path / "config.json", tie_word_embeddings=True)
    assert (read_facts(tmp_path).parameters, read_facts(tmp_path).embedding_parameters) == (80, 80)


def test_sizes_are_read_from_a_nested_text_config(copy_of):
    path = copy_of("model") / "config.json"
    text = json.loads(path.read_text())
    path.write_text(json.dumps({"architectures": ["SomeVisionModel"], "text_config": text}))
    facts = read_facts(path.parent)
    assert (facts.architecture, facts.layers, facts.context_length) == ("SomeVisionModel", 2, 256)


def test_several_weight_files_are_added_up(tiny_model, tmp_path):
    from transformers import AutoModelForCausalLM, LlamaConfig

    model = AutoModelForCausalLM.from_config(
        LlamaConfig(
            vocab_size=800, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4
        )
    )
    model.save_pretrained(tmp_path, max_shard_size="200KB")
    files = sorted(tmp_path.glob("*.safetensors"))
    assert len(files) > 1
    assert read_facts(tmp_path).parameters == model.num_parameters()
    files[0].unlink()
    with pytest.raises(InputError, match="weight files are missing"):
        read_facts(tmp_path)


def test_weights_that_are_cut_short_are_refused(copy_of):
    path = copy_of("model") / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="cut short"):
        read_facts(path.parent)


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", bytes(64)])
def test_weights_that_are_not_safetensors_are_refused(copy_of, content):
    path = copy_of("model") / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a safetensors file"):
        read_facts(path.parent)


def test_pickled_weights_are_refused_with_the_way_to_convert_them(copy_of):
    folder = copy_of("model")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pytorch_model\.bin") as error:
        read_facts(folder)
    assert "save_pretrained" in error.value.remedy


def test_a_configuration_that_is_not_json_is_refused(copy_of):
    folder = copy_of("model")
    (folder / "config.json").write_text("{")
    with pytest.raises(InputError, match="not readable as JSON"):
        read_facts(folder)


def test_reading_facts_needs_neither_torch_nor_transformers(tiny_model):
    code = (
        "import sys; from pathlib import Path; from cooldown_kit.model.facts import read_facts; "
        f"read_facts(Path({str(tiny_model)!r})); "
        "print([m for m in ('torch', 'transformers', 'tokenizers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
