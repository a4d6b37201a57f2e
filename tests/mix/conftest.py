"""Documents and an encoder for the mixer's tests: real bytes, one token a byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cooldown_kit.documents import Document, Segment, write_documents
from cooldown_kit.events import ignore
from cooldown_kit.mix.tokens import Tokens, tokenise

SPECIAL_TOKENS = {"<file_sep>": 257, "<repo_name>": 258}


class ByteEncoder:
    """One token a byte; the separator is 256."""

    separator_id = 256
    separator_token = "<end>"
    bos_id: int | None = None

    def special_token_id(self, token: str) -> int:
        return SPECIAL_TOKENS[token]

    def encode_batch(self, texts: list[str]) -> list[Tokens]:
        return [np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int32) for text in texts]


def _document(stream: str, number: int, text: str | list[Segment], split: str = "train") -> Document:
    source, take = stream.split(".")
    return Document(
        id=f"{source}:{take}/{number}",
        source=source,
        take=take,
        kind="text",
        segments=[Segment(text)] if isinstance(text, str) else text,
        content_hash=f"{stream}{number}",
        connector="text",
        split=split,  # type: ignore[arg-type]
    )


@pytest.fixture
def document() -> Callable[..., Document]:
    """Make a document: ``document(stream, number, text or segments, split)``."""
    return _document


@pytest.fixture
def encoder() -> ByteEncoder:
    return ByteEncoder()


@pytest.fixture
def tokens(tmp_path: Path) -> Callable[[list[Document]], Path]:
    """Tokenise documents into a token folder."""

    def make(documents: list[Document]) -> Path:
        out = tmp_path / "tokens"
        out.mkdir()
        write_documents(tmp_path / "documents.parquet", documents)
        tokenise(tmp_path / "documents.parquet", ByteEncoder(), out, ignore)
        return out

    return make
