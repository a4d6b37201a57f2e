"""Scoring a real model's folder from end to end."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cooldown_kit.errors import InputError
from cooldown_kit.evaluate.bits_per_byte import bits_per_byte
from cooldown_kit.evaluate.evidence import compare
from cooldown_kit.evaluate.generate import read_continuations
from cooldown_kit.evaluate.options import EvaluateOptions
from cooldown_kit.evaluate.stage import score
from cooldown_kit.events import Message, Progress, ignore

OPTIONS = EvaluateOptions(tokens_per_kind=3000, generations=2, generation_tokens=6, resamples=200)
CODE = "def add_{n}(first: int, second: int) -> int:\n    return first + second + {n}\n" * 3
TEXT = "The language reference describes the syntax and core semantics, number {n}. "


@pytest.fixture
def documents(document, write) -> Path:
    held = [document(f"c{n}", CODE.format(n=n)) for n in range(8)]
    held += [document(f"t{n}", TEXT.format(n=n) * (n + 1), "text") for n in range(6)]
    return write([*held, document("trained", "never scored", split="train")])


def run(
    model: Path, documents: Path, out: Path, emit=ignore, options: EvaluateOptions = OPTIONS, length: int = 64
) -> dict:
    out.mkdir()
    return score(
        model=model,
        documents=documents,
        options=options,
        separator="auto",
        sequence_length=length,
        out=out,
        emit=emit,
    )


def test_every_heldout_document_is_scored_and_a_few_are_continued(
    tiny_model: Path, documents: Path, tmp_path: Path
) -> None:
    summary = run(tiny_model, documents, tmp_path / "out")
    items = pq.read_table(tmp_path / "out" / "items.parquet").to_pylist()
    assert {item["id"] for item in items} == {*(f"c{n}" for n in range(8)), *(f"t{n}" for n in range(6))}
    for item in items:  # random weights over 800 tokens: near log2(800) bits a token
        assert 9 < bits_per_byte(item["nats"], item["tokens"]) < 10.5
    code = summary["kinds"]["code"]
    assert code["documents"] == 8
    assert code["bytes"] == sum(len(CODE.format(n=n)) for n in range(8))
    total = sum(item["nats"] for item in items if item["kind"] == "code")
    assert code["bits_per_byte"] == pytest.approx(bits_per_byte(total, code["bytes"]))
    assert json.loads((tmp_path / "out" / "heldout.json").read_text()) == summary["kinds"]
    lines = read_continuations(tmp_path / "out" / "generations.jsonl")
    assert [line.kind for line in lines] == ["code", "code", "text", "text"]
    assert all(line.prompt and line.true for line in lines)


def test_scoring_twice_gives_the_same_bytes_and_so_no_difference(
    tiny_model: Path, documents: Path, tmp_path: Path
) -> None:
    for name in ("before", "after"):
        run(tiny_model, documents, tmp_path / name)
    for file in ("items.parquet", "generations.jsonl", "heldout.json"):
        assert (tmp_path / "before" / file).read_bytes() == (tmp_path / "after" / file).read_bytes()
    evidence = compare(tmp_path / "before", tmp_path / "after", OPTIONS, seed=17)
    assert {(row.difference, row.low, row.high) for row in evidence.rows} == {(0.0, 0.0, 0.0)}
    assert all(line.before == line.after for line in evidence.generations)


def test_a_model_that_learnt_the_kind_of_text_is_shown_to_have_improved_on_it(
    tiny_model: Path, documents: Path, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    ids = tokenizer(CODE.format(n=99), return_tensors="pt", add_special_tokens=False).input_ids[:, :64]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(30):
        optimizer.zero_grad()
        model(ids, labels=ids).loss.backward()
        optimizer.step()
    trained = tmp_path / "trained"
    shutil.copytree(tiny_model, trained)
    model.save_pretrained(trained)
    run(tiny_model, documents, tmp_path / "before")
    run(trained, documents, tmp_path / "after")
    rows = {row.kind: row for row in compare(tmp_path / "before", tmp_path / "after", OPTIONS, seed=17).rows}
    assert rows["code"].verdict == "improved"
    assert rows["code"].improved_share == 1.0
    assert rows["code"].relative < -0.3


def test_progress_counts_every_token_that_is_read(tiny_model: Path, documents: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    run(tiny_model, documents, tmp_path / "out", emit=seen.append)
    scoring = [event for event in seen if event.unit == "tokens"]
    assert scoring[-1].done == scoring[-1].total > 0
    assert [event.done for event in seen if event.unit == "continuations"] == [1, 2, 3, 4]


def test_a_tokenizer_that_begins_texts_with_bos_is_conditioned_on_bos(
    tiny_model: Path, documents: Path, tmp_path: Path
) -> None:
    from tokenizers.processors import TemplateProcessing
    from transformers import AutoTokenizer

    with_bos = tmp_path / "with-bos"
    shutil.copytree(tiny_model, with_bos)
    tokenizer = AutoTokenizer.from_pretrained(with_bos)
    bos = "<repo_name>"
    tokenizer.bos_token = bos
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{bos} $A", special_tokens=[(bos, tokenizer.convert_tokens_to_ids(bos))]
    )
    tokenizer.save_pretrained(with_bos)
    run(tiny_model, documents, tmp_path / "plain")
    run(with_bos, documents, tmp_path / "bos")
    tables = [pq.read_table(tmp_path / name / "items.parquet") for name in ("plain", "bos")]
    assert tables[0]["tokens"] == tables[1]["tokens"]
    assert tables[0]["nats"] != tables[1]["nats"]


def test_nothing_held_out_warns_and_writes_empty_files(
    tiny_model: Path, document, write, tmp_path: Path
) -> None:
    seen: list[Message] = []
    path = write([document("trained", "x = 1", split="train")])
    assert run(tiny_model, path, tmp_path / "out", emit=seen.append) == {"kinds": {}}
    assert [event.level for event in seen] == ["warning"]
    assert "holdout.after" in seen[0].text
    assert compare(tmp_path / "out", tmp_path / "out", OPTIONS, seed=1).rows == ()


def test_a_folder_without_a_model_is_named(documents: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no-model"):
        run(tmp_path / "no-model", documents, tmp_path / "out")


def test_damaged_weights_are_named_with_their_folder(
    tiny_model: Path, documents: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny_model, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(InputError, match="broken"):
        run(broken, documents, tmp_path / "out")


def test_missing_weights_are_refused_and_not_filled_with_random_numbers(
    tiny_model: Path, documents: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    partial = tmp_path / "partial"
    shutil.copytree(tiny_model, partial)
    weights = load_file(partial / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, partial / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(InputError, match=r"missing: model\.layers\.1\.mlp\.up_proj"):
        run(partial, documents, tmp_path / "out")
