"""Bits per byte: right, blind to batching and padding, and with one batch of logits alive at a time."""

from __future__ import annotations

import math
import weakref

import numpy as np
import pytest

from cooldown_kit.errors import InputError
from cooldown_kit.evaluate.bits_per_byte import bits_per_byte, score_items, windows
from cooldown_kit.evaluate.heldout import choose

START = 256


def reference(model, item, sequence_length: int) -> float:
    """One document at a time, one window at a time, one token at a time, straight from the definition."""
    import torch

    total = 0.0
    for begin in range(0, len(item.tokens), sequence_length):
        window = item.tokens[begin : begin + sequence_length].astype(int)
        context = START if begin == 0 else int(item.tokens[begin - 1])
        with torch.no_grad():
            logits = model(torch.tensor([[context, *window[:-1]]])).logits[0].double()
        likelihoods = torch.log_softmax(logits, dim=-1)
        for at, token in enumerate(window):
            if item.trained[begin + at]:
                total -= float(likelihoods[at, token])
    return total


@pytest.fixture
def items(item):
    rng = np.random.default_rng(5)
    lengths = [1, 2, 7, 31, 32, 33, 64, 65, 150, 12, 12, 90]
    made = [item(f"d{n}", rng.integers(0, 256, length)) for n, length in enumerate(lengths)]
    trained = rng.random(90) < 0.5
    return [*made[:-1], item("half", made[-1].tokens, trained=trained)]


@pytest.mark.parametrize("batch_tokens", [1, 64, 100_000])
def test_equals_the_unbatched_reference_whatever_the_batches(llama, items, batch_tokens: int) -> None:
    model = llama()
    nats = score_items(model, items, start_id=START, sequence_length=32, batch_tokens=batch_tokens)
    expected = [reference(model, item, 32) for item in items]
    assert np.allclose(nats, expected, rtol=1e-5)
    assert max(expected) > 2 * 150 * math.log(
        2
    )  # the model is far from certain: there is something to compare


def test_every_token_stands_in_exactly_one_window(items) -> None:
    covered = {(w.item, at) for w in windows(items, 32) for at in range(w.start, w.end)}
    assert sum(map(len, windows(items, 32))) == len(covered)
    assert all(
        (n, at) in covered for n, item in enumerate(items) for at in np.flatnonzero(item.trained).tolist()
    )


def test_windows_without_trained_tokens_cost_nothing(item) -> None:
    asked = item("task", range(64), trained=[False] * 40 + [True] * 24)
    assert [(w.start, w.end) for w in windows([asked], 32)] == [(32, 64)]


def test_uniform_model_costs_log2_of_the_vocabulary_per_token(llama, item) -> None:
    document = item("u", range(50), size=80)
    (nats,) = score_items(
        llama(uniform=True), [document], start_id=START, sequence_length=32, batch_tokens=64
    )
    assert bits_per_byte(nats, document.bytes) == pytest.approx(math.log2(257) * 50 / 80, rel=1e-6)


def test_tokenizers_that_cut_the_same_text_differently_are_on_one_scale(
    llama, document, write, byte_encoder
) -> None:
    path = write([document("text", "Bits per byte compare tokenizers. " * 20)])
    found = []
    for width in (1, 2):
        encoder = byte_encoder(width)
        (item,) = choose(path, encoder, tokens_per_kind=5000, max_document_tokens=5000).items
        model = llama(encoder.vocabulary, uniform=True)
        (nats,) = score_items(
            model, [item], start_id=encoder.separator_id, sequence_length=64, batch_tokens=256
        )
        found.append((len(item.tokens), bits_per_byte(nats, item.bytes)))
    (many, fine), (few, coarse) = found
    assert many == 2 * few
    assert fine == pytest.approx(8, abs=0.01)
    assert coarse == pytest.approx(8, abs=0.01)


def test_logits_of_one_batch_are_all_that_is_ever_alive(llama, item) -> None:
    model = llama()
    seen: list[weakref.ref] = []
    alive: list[int] = []

    def watch(module, arguments, output) -> None:
        alive.append(sum(logits() is not None for logits in seen))
        seen.append(weakref.ref(output.logits))

    model.register_forward_hook(watch)
    items = [item(f"d{n}", np.arange(40) + n) for n in range(60)]
    score_items(model, items, start_id=START, sequence_length=32, batch_tokens=64)
    assert len(seen) >= 30
    assert set(alive) == {0}


def test_a_model_that_gives_no_number_is_refused_with_the_document(llama, item) -> None:
    import torch

    model = llama()
    torch.nn.init.constant_(model.model.norm.weight, math.nan)
    with pytest.raises(InputError, match="broken"):
        score_items(model, [item("broken", range(9))], start_id=START, sequence_length=32, batch_tokens=64)
