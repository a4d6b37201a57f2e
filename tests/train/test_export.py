"""Promises of what leaves training: any tool loads it, and it is what was trained."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from cooldown_kit.errors import CooldownError
from cooldown_kit.train.export import carry, dtype_of, export, relative_difference
from cooldown_kit.train.quiet import quiet_libraries

ROWS = [[5, 200, 7, 300, 11, 400, 13, 500], [600, 3, 601, 4]]


@pytest.fixture(autouse=True)
def _quiet():
    with quiet_libraries():
        yield


def base_copy(tiny_model, folder, *, dtype="float32", tied=True):
    """The tiny model in another precision, or with a head of its own."""
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=getattr(torch, dtype))
    if not tied:
        model.config.tie_word_embeddings = False
        model.lm_head.weight = torch.nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.02)
    shutil.copytree(tiny_model, folder)
    model.save_pretrained(folder)
    return folder


def adapter_checkpoint(base, folder):
    """An adapter far from zero, saved as a checkpoint of training is."""
    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    config = LoraConfig(
        task_type="CAUSAL_LM", target_modules="all-linear", r=4, use_rslora=True, ensure_weight_tying=True
    )
    adapted = get_peft_model(model, config)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    adapted.save_pretrained(folder)
    return folder


def logits(model):
    with torch.no_grad():
        return [model(input_ids=torch.tensor([row])).logits.float() for row in ROWS]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("tied", [True, False])
def test_merged_model_is_base_and_adapter_in_the_bases_own_precision(tiny_model, tmp_path, dtype, tied):
    base = base_copy(tiny_model, tmp_path / "base", dtype=dtype, tied=tied)
    trained = adapter_checkpoint(base, tmp_path / "checkpoint")
    out = tmp_path / "out"
    result = export(model=base, trained=trained, method="lora", rows=ROWS, out=out)
    assert result["dtype"] == dtype_of(base) == dtype
    assert result["difference"] <= result["tolerance"] < result["effect"]

    written = AutoModelForCausalLM.from_pretrained(out / "model")
    assert written.dtype == getattr(torch, dtype)
    adapted = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), out / "adapter")
    assert relative_difference(logits(written.float()), logits(adapted.float())) <= result["tolerance"]
    with safe_open(out / "model" / "model.safetensors", "pt") as file:
        assert ("lm_head.weight" in file.keys()) is not tied  # noqa: SIM118 - no dictionary
    shared = written.lm_head.weight.data_ptr() == written.model.embed_tokens.weight.data_ptr()
    assert shared is tied


def test_plain_transformers_load_it_and_it_writes_text(tiny_model, tmp_path):
    trained = adapter_checkpoint(tiny_model, tmp_path / "checkpoint")
    export(model=tiny_model, trained=trained, method="lora", rows=ROWS, out=tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    prompt = tokenizer("def main():", return_tensors="pt")
    written = model.generate(**prompt, max_new_tokens=5, do_sample=False)
    assert written.shape[1] > prompt["input_ids"].shape[1]
    assert tokenizer.decode(written[0]).startswith("def main():")


def test_what_belongs_to_the_model_is_carried_byte_for_byte_and_nothing_else(tiny_model, tmp_path):
    base, target = tmp_path / "base", tmp_path / "target"
    shutil.copytree(tiny_model, base)
    target.mkdir()
    (base / "chat_template.jinja").write_text("{{ messages }}  \n")
    (base / "LICENSE").write_text("Apache-2.0")
    (base / "additional_chat_templates").mkdir()
    (base / "additional_chat_templates" / "tool.jinja").write_text("tool")
    (base / "manifest.json").write_text("{}")
    carry(base, target)
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja"):
        assert (target / name).read_bytes() == (base / name).read_bytes()
    assert (target / "additional_chat_templates" / "tool.jinja").read_text() == "tool"
    assert (target / "LICENSE").exists()
    assert not (target / "manifest.json").exists() and not (target / "model.safetensors").exists()


def test_all_weights_are_exported_below_the_bases_own_configuration(tiny_model, tmp_path):
    trained = base_copy(tiny_model, tmp_path / "checkpoint")
    state = load_file(trained / "model.safetensors")
    save_file(
        {name: tensor * 1.1 for name, tensor in state.items()},
        trained / "model.safetensors",
        metadata={"format": "pt"},
    )
    config = json.loads((trained / "config.json").read_text())
    (trained / "config.json").write_text(json.dumps({**config, "attention_dropout": 0.5, "pad_token_id": 3}))
    export(model=tiny_model, trained=trained, method="full", rows=ROWS, out=tmp_path)
    found = json.loads((tmp_path / "model" / "config.json").read_text())
    wanted = json.loads((tiny_model / "config.json").read_text())
    assert found == wanted
    exported = load_file(tmp_path / "model" / "model.safetensors")
    assert all(torch.equal(exported[name], state[name] * 1.1) for name in state)


def test_a_merge_that_went_wrong_is_an_error_not_a_model(tiny_model, tmp_path, monkeypatch):
    trained = adapter_checkpoint(tiny_model, tmp_path / "checkpoint")
    monkeypatch.setattr("peft.tuners.lora.LoraModel.merge_and_unload", lambda self, **options: self.unload())
    with pytest.raises(CooldownError, match="differs from the trained one"):
        export(model=tiny_model, trained=trained, method="lora", rows=ROWS, out=tmp_path)


def test_difference_is_a_share_of_the_spread_of_the_logits():
    wanted = [torch.tensor([[[1.0, -1.0]]])]
    assert relative_difference(wanted, wanted) == 0
    assert relative_difference([torch.tensor([[[1.5, -1.5]]])], wanted) == pytest.approx(0.5)
    assert relative_difference([torch.zeros(1, 1, 2)], wanted) == pytest.approx(1.0)
