"""The main job with the real 135M model: a few steps, but every real part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cooldown_kit as ck
from cooldown_kit.run_folder import RunFolder


@pytest.mark.real_model
def test_a_real_model_is_cooled_down_merged_and_generates(project: Any, smollm2: Path) -> None:
    text = project.recipe.read_text()
    project.recipe.write_text(text.replace(text.split("model: ")[1].split("\n")[0], str(smollm2)))
    overrides = [
        "mix.tokens=512",
        "train={method: lora, learning_rate: 1e-3, batch_sequences: 2, device: cpu, lora: {rank: 4}}",
        "render={commit: {diff: 50%, task: 50%}, special_tokens: true}",
        "evaluate={tokens_per_kind: 300, max_document_tokens: 100, generations: 0, resamples: 200}",
    ]
    result = ck.run(ck.Recipe.load(project.recipe, overrides))
    assert {"commit", "code", "text"} <= {row.kind for row in result.evidence.rows}
    assert all(0.1 < row.before < 5 for row in result.evidence.rows), "a trained model, in bits per byte"
    assert result.adapter_path is not None
    files = RunFolder.open(result.run_path).summary("curate")["streams"]["code.files"]["layouts"]
    assert all(of["special_tokens"] == of["documents"] for of in files.values()), (
        "its tokenizer has the tokens"
    )

    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(result.model_path)
    model = AutoModelForCausalLM.from_pretrained(result.model_path)
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight, "tied, as in the base"
    prompt = tokenizer("def add(a, b):\n    return", return_tensors="pt")
    answer = model.generate(**prompt, max_new_tokens=4, do_sample=False)
    assert answer.shape[1] == prompt["input_ids"].shape[1] + 4
    base = AutoModelForCausalLM.from_pretrained(smollm2)
    with torch.no_grad():
        assert not torch.equal(model(**prompt).logits, base(**prompt).logits), "two steps leave a trace"
