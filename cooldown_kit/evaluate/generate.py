"""Continuations of held-out documents, to look at: the model's own next to the true one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from cooldown_kit.evaluate.head import TextEncoder
from cooldown_kit.evaluate.heldout import HeldoutItem

PROMPT_TOKENS = 64
"""Tokens of a document that the model is given; half the document where it is shorter than twice that."""

_SHORTEST = 16
"""Documents with fewer tokens are not continued: there would be nothing to go by."""


class Continuation(msgspec.Struct, frozen=True, kw_only=True):
    """One line of ``generations.jsonl``."""

    id: str
    kind: str
    prompt: str
    """The first tokens of the document."""
    written: str
    """What the model wrote next: greedy decoding, so the same model always writes the same."""
    true: str
    """What the document goes on with, as many tokens."""


def generate(
    model: Any,
    items: Sequence[HeldoutItem],
    encoder: TextEncoder,
    *,
    start_id: int,
    per_kind: int,
    length: int,
    context: int,
    on_done: Callable[[int], None] = lambda _: None,
) -> Iterator[Continuation]:
    """Continue the first ``per_kind`` items of each kind by at most ``length`` tokens, greedily.

    The items' order is that of a hash of their ids, so before and after continue the same documents. Writing ends at the
    separator. ``context`` bounds prompt and continuation together. ``on_done(1)`` is called after each.
    """
    taken: Counter[str] = Counter()
    for item in items:
        if taken[item.kind] < per_kind and len(item.tokens) >= _SHORTEST:
            taken[item.kind] += 1
            yield _continue(
                model, item, encoder, start_id=start_id, length=min(length, context // 2), context=context
            )
            on_done(1)


def _continue(
    model: Any, item: HeldoutItem, encoder: TextEncoder, *, start_id: int, length: int, context: int
) -> Continuation:
    import torch
    from transformers import GenerationConfig

    given = min(PROMPT_TOKENS, len(item.tokens) // 2, context - length - 1)
    prompt = [int(token) for token in item.tokens[:given]]
    inputs = torch.tensor([[start_id, *prompt]], device=model.device)
    # The model's own defaults (sampling, penalties) would be merged into ours; before and after must decode alike.
    model.generation_config = GenerationConfig()
    with torch.inference_mode():
        output = model.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            generation_config=GenerationConfig(
                do_sample=False,
                num_beams=1,
                max_new_tokens=length,
                eos_token_id=encoder.separator_id,
                pad_token_id=encoder.separator_id,
            ),
        )
    written = [token for token in output[0, inputs.shape[1] :].tolist() if token != encoder.separator_id]
    return Continuation(
        id=item.id,
        kind=item.kind,
        prompt=encoder.decode(prompt),
        written=encoder.decode(written),
        true=encoder.decode([int(token) for token in item.tokens[given : given + length]]),
    )


def write_continuations(path: Path, continuations: Iterator[Continuation]) -> int:
    """Write them as JSON lines; returns how many."""
    count = 0
    with path.open("wb") as file:
        for continuation in continuations:
            file.write(msgspec.json.encode(continuation) + b"\n")
            count += 1
    return count


def read_continuations(path: Path) -> list[Continuation]:
    """The lines of one ``generations.jsonl``."""
    decoder = msgspec.json.Decoder(Continuation)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]
