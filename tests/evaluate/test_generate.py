"""Continuations: the same documents, the same decoding, before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from cooldown_kit.evaluate.generate import generate, read_continuations, write_continuations


@pytest.fixture
def run(llama, byte_encoder):
    def made(items, model=None, **options):
        encoder = byte_encoder()
        defaults = {"start_id": encoder.separator_id, "per_kind": 2, "length": 8, "context": 64}
        return list(generate(model or llama(), items, encoder, **{**defaults, **options}))

    return made


def test_first_documents_of_a_kind_that_are_long_enough_are_continued(run, item) -> None:
    items = [item("short", b"abc"), *(item(f"d{n}", bytes(range(32, 92))) for n in range(3))]
    lines = run(items)
    assert [line.id for line in lines] == ["d0", "d1"]
    assert lines[0].prompt == bytes(range(32, 62)).decode()
    assert lines[0].true == bytes(range(62, 70)).decode()


def test_models_own_sampling_and_penalties_are_ignored(run, llama, item) -> None:
    from transformers import GenerationConfig

    items = [item("d", bytes(range(32, 92)))]
    model = llama()
    model.generation_config = GenerationConfig(
        do_sample=True, temperature=5.0, repetition_penalty=9.0, max_length=3
    )
    assert run(items, model) == run(items)


def test_writing_stops_at_the_separator_and_does_not_show_it(run, llama, item) -> None:
    import torch

    items = [item("d", bytes(range(32, 92)))]
    model = llama(uniform=True)
    assert run(items, model, length=20)[0].written == "\0" * 20  # among equals the first token is taken
    model.lm_head = torch.nn.Linear(16, 257)
    torch.nn.init.zeros_(model.lm_head.weight)
    torch.nn.init.zeros_(model.lm_head.bias)
    with torch.no_grad():
        model.lm_head.bias[256] = 1.0
    assert run(items, model, length=20)[0].written == ""


def test_prompt_and_continuation_fit_into_the_context(run, llama, item) -> None:
    lengths = []
    model = llama()
    model.register_forward_hook(lambda module, arguments, output: lengths.append(output.logits.shape[1]))
    run([item("d", list(range(200)))], model, context=32, length=48, per_kind=1)
    assert lengths[0] + len(lengths) - 1 <= 32


def test_none_asked_means_none_made(run, item) -> None:
    assert run([item("d", bytes(60))], per_kind=0) == []


def test_continuations_survive_the_file_with_any_line_ending_in_them(run, item, tmp_path: Path) -> None:
    lines = run([item("d", b"one\r\ntwo\n\x0b\x0cthree\xc2\x85\xe2\x80\xa8four, five, six, seven")])
    assert write_continuations(tmp_path / "g.jsonl", iter(lines)) == 1
    assert read_continuations(tmp_path / "g.jsonl") == lines
