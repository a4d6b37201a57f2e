"""Segments of documents as token ids: text as text, and a special token only where a segment says that it is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from cooldown_kit.documents import Segment


class SegmentEncoder(Protocol):
    """What this needs of a tokenizer: see :class:`cooldown_kit.model.tokenizer.Encoder`."""

    def encode_batch(self, texts: list[str]) -> list[npt.NDArray[np.int32]]: ...

    def special_token_id(self, token: str) -> int: ...


def encode_segments(segments: Sequence[Segment], encoder: SegmentEncoder) -> list[npt.NDArray[np.int32]]:
    """The token ids of each segment, int32 of shape ``(tokens,)``; a token segment has exactly one.

    Each segment is tokenised on its own, so that no token straddles what is trained and what is not, and the ids of a document
    are those of its segments, one after the other. Raises :class:`~cooldown_kit.errors.InputError` where a segment
    names a special token that the tokenizer does not have.
    """
    texts = iter(encoder.encode_batch([segment.text for segment in segments if not segment.token]))
    return [
        np.array([encoder.special_token_id(segment.text)], dtype=np.int32) if segment.token else next(texts)
        for segment in segments
    ]
