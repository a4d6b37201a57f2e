"""The first tokens of a document: what is scored of one that is too long to decide the measure alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cooldown_kit.documents import Segment

BYTES_PER_TOKEN = 32
"""More characters than tokenizers put into a token on average: bounds what has to be tokenised."""


class TextEncoder(Protocol):
    """What scoring needs of a tokenizer."""

    separator_id: int
    bos_id: int | None

    def encode_batch(self, texts: list[str]) -> list[NDArray[np.int32]]:
        """The tokens of each text, without any special token added."""
        ...

    def special_token_id(self, token: str) -> int:
        """The id of one special token."""
        ...

    def decode(self, tokens: Sequence[int]) -> str: ...


def head_of(segments: list[Segment], encoder: TextEncoder, limit: int) -> tuple[list[Segment], bool]:
    """The longest beginning of a document that has at most ``limit`` tokens, and whether anything was left out.

    The cut falls between characters, so that the bytes of what is scored are exactly known.
    """
    head: list[Segment] = []
    left = limit
    for segment in segments:
        if segment.token:  # one token, which cannot be cut
            if not left:
                return head, True
            head.append(segment)
            left -= 1
            continue
        text = segment.text[: left * BYTES_PER_TOKEN]
        tokens = encoder.encode_batch([text])[0]
        if len(tokens) <= left and len(text) == len(segment.text):
            head.append(segment)
            left -= len(tokens)
            continue
        while len(tokens) > left:
            shown = encoder.decode(tokens[:left].tolist()).rstrip("\ufffd") if left else ""
            if not text.startswith(shown) or len(shown) == len(
                text
            ):  # a tokenizer whose decoding is not exact
                shown = text[: len(text) * left // (len(tokens) + 1)]
            text, tokens = shown, encoder.encode_batch([shown])[0]
        if text:
            head.append(Segment(text, segment.trained))
        return head, True
    return head, False
