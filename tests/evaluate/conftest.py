"""Fixtures of the evidence's tests: documents, a byte encoder, and real causal models small enough for a CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cooldown_kit.documents import Document, Segment, write_documents
from cooldown_kit.evaluate.heldout import HeldoutItem

SPECIAL_TOKENS = {"<file_sep>": 1 << 20}


class ByteEncoder:
    """One token per ``width`` UTF-8 bytes at most (256 ** width tokens, and the separator): two widths cut the same text differently."""

    def __init__(self, width: int = 1) -> None:
        self.width = width
        self.separator_id = 256**width
        self.bos_id: int | None = None
        self.vocabulary = 256**width + 1

    def special_token_id(self, token: str) -> int:
        return SPECIAL_TOKENS[token]

    def encode_batch(self, texts: list[str]) -> list[np.ndarray]:
        return [np.array(self._encode(text.encode()), dtype=np.int32) for text in texts]

    def _encode(self, data: bytes) -> list[int]:
        return [
            int.from_bytes(data[at : at + self.width], "little") for at in range(0, len(data), self.width)
        ]

    def decode(self, tokens: Sequence[int]) -> str:
        names = {number: name.encode() for name, number in SPECIAL_TOKENS.items()}
        parts = (names.get(token) or token.to_bytes(self.width, "little") for token in tokens)
        return b"".join(parts).decode(errors="replace")


@pytest.fixture
def byte_encoder() -> Callable[..., ByteEncoder]:
    return ByteEncoder


def make_document(
    identity: str, text: str | list[Segment], kind: str = "code", split: str = "heldout"
) -> Document:
    segments = [Segment(text)] if isinstance(text, str) else text
    return Document(
        id=identity,
        source="repo",
        take={"code": "files", "commit": "commits", "text": "pages"}[kind],
        kind=kind,  # type: ignore[arg-type]
        segments=segments,
        content_hash=identity,
        connector="git",
        language="Python" if kind == "code" else None,
        split=split,  # type: ignore[arg-type]
    )


@pytest.fixture
def document() -> Callable[..., Document]:
    return make_document


@pytest.fixture
def write(tmp_path: Path) -> Callable[[list[Document]], Path]:
    def write_all(documents: list[Document]) -> Path:
        path = tmp_path / "documents.parquet"
        write_documents(path, documents)
        return path

    return write_all


@pytest.fixture
def item() -> Callable[..., HeldoutItem]:
    def make(
        identity: str,
        tokens: Sequence[int],
        *,
        trained: Sequence[bool] | None = None,
        size: int | None = None,
    ) -> HeldoutItem:
        return HeldoutItem(
            id=identity,
            kind="code",
            source="repo",
            take="files",
            language=None,
            tokens=np.array(list(tokens), dtype=np.int32),
            trained=np.array([True] * len(tokens) if trained is None else trained),
            bytes=len(tokens) if size is None else size,
        )

    return make


@pytest.fixture
def llama() -> Callable[..., Any]:
    """Makes a real, tiny Llama with random weights; ``uniform=True`` gives every token the same probability."""

    def make(vocabulary: int = 257, *, uniform: bool = False) -> Any:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            model = LlamaForCausalLM(
                LlamaConfig(
                    vocab_size=vocabulary,
                    hidden_size=16,
                    intermediate_size=32,
                    num_hidden_layers=2,
                    num_attention_heads=2,
                    num_key_value_heads=1,
                    max_position_embeddings=128,
                    initializer_range=0.6,
                )
            )
        if uniform:
            torch.nn.init.zeros_(model.lm_head.weight)
        return model.eval()

    return make
