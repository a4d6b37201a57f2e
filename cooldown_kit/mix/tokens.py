"""Tokenised documents: once per set of documents and tokenizer, so that a changed share costs seconds, not a tokenisation.

A token folder holds, for each stream ``{source}.{take}``, ``{stream}.tokens`` (little-endian int32, all documents
one after the other, each with its separator) and ``{stream}.parquet`` (one row a document: id, offset, length, characters,
spans that are not trained), and ``tokens.json`` (the encoder's facts and the counts).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from cooldown_kit.documents import Document, read_documents
from cooldown_kit.events import Emit, Progress
from cooldown_kit.model.segments import SegmentEncoder, encode_segments
from cooldown_kit.workspace import write_whole

VERSION = 2
_BATCH = 256
_BATCH_CHARACTERS = 4 << 20
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("characters", pa.int64()),
        ("untrained", pa.list_(pa.list_(pa.int64()))),
    ]
)
Tokens = npt.NDArray[np.int32]


class Encoder(SegmentEncoder, Protocol):
    """What tokenising needs of a tokenizer: see :class:`cooldown_kit.model.tokenizer.Encoder`."""

    separator_id: int
    separator_token: str
    bos_id: int | None


@dataclass(frozen=True)
class Stream:
    """The tokens of one stream, memory-mapped."""

    name: str
    tokens: Tokens
    ids: Sequence[str]
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int64]
    untrained: dict[int, list[tuple[int, int]]]
    """Document → token ranges whose labels are masked."""

    def piece(self, document: int, start: int, end: int) -> tuple[Tokens, Tokens]:
        """``(input_ids, labels)`` of a part of a document, both int32 of length ``end - start``."""
        offset = int(self.offsets[document])
        ids = self.tokens[offset + start : offset + end]
        spans = self.untrained.get(document)
        if not spans:
            return ids, ids
        labels = ids.copy()
        for first, last in spans:
            labels[max(first - start, 0) : max(last - start, 0)] = -100
        return ids, labels


def tokenise(
    documents: Path, encoder: Encoder, out: Path, emit: Emit, *, total: int | None = None
) -> dict[str, Any]:
    """Encode the training documents of ``documents`` (a Parquet file) into a token folder; returns the counts per stream.

    Each document becomes ``[BOS?] tokens separator``; BOS only where the tokenizer's own convention has it. A token segment
    becomes its one special token; literal special tokens in the text are encoded as ordinary text. Memory is bounded by one batch.
    Raises :class:`~cooldown_kit.errors.InputError` where a token segment names a token that the tokenizer does not have.
    """
    writers: dict[str, _StreamWriter] = {}
    done = 0
    try:
        for batch in _batches(read_documents(documents, split="train")):
            encoded = iter(encode_segments([s for document in batch for s in document.segments], encoder))
            for document in batch:
                writer = writers.get(document.stream) or writers.setdefault(
                    document.stream, _StreamWriter(out, document.stream)
                )
                writer.write(document, list(islice(encoded, len(document.segments))), encoder)
            done += len(batch)
            emit(Progress(stage="tokenise", done=done, total=total, unit="documents"))
    finally:
        for writer in writers.values():
            writer.close()
    streams = {
        name: {
            "documents": w.documents,
            "tokens": w.tokens,
            "untrained_tokens": w.untrained_tokens,
            "characters": w.characters,
        }
        for name, w in sorted(writers.items())
    }
    summary = {
        "streams": streams,
        "separator": {"token": encoder.separator_token, "id": encoder.separator_id},
        "bos_id": encoder.bos_id,
    }
    write_whole(out / "tokens.json", json.dumps(summary, indent=1))
    return summary


def read_streams(folder: Path, names: Iterable[str]) -> list[Stream]:
    """The named streams of a token folder."""
    return [_read_stream(folder, name) for name in names]


def lengths_with_prompts(folder: Path, name: str) -> npt.NDArray[np.int64]:
    """Tokens of each document of a stream that holds text which is read and not trained on."""
    table = pq.read_table(folder / f"{name}.parquet", columns=["length", "untrained"])
    lengths: npt.NDArray[np.int64] = table.filter(table["untrained"].is_valid())["length"].to_numpy()
    return lengths


class TokenCounts(NamedTuple):
    """How long a document is."""

    tokens: int
    trained: int
    """Those that are learned where the document is not cut: its first token has nothing before it, and is not."""


def token_counts(folder: Path, name: str, ids: Sequence[str]) -> dict[str, TokenCounts]:
    """Id → counts, of the documents of one stream that are named."""
    table = pq.read_table(
        folder / f"{name}.parquet", columns=["id", "length", "untrained"], filters=[("id", "in", list(ids))]
    )
    found = {}
    for row in table.to_pylist():
        spans = row["untrained"] or []
        untrained = sum(end - start for start, end in spans) + (not any(start == 0 for start, _ in spans))
        found[row["id"]] = TokenCounts(row["length"], row["length"] - untrained)
    return found


def _read_stream(folder: Path, name: str) -> Stream:
    table = pq.read_table(folder / f"{name}.parquet")
    spans = table.column("untrained").to_pylist() if "untrained" in table.column_names else []
    return Stream(
        name=name,
        tokens=np.memmap(folder / f"{name}.tokens", dtype="<i4", mode="r"),
        ids=_Ids(table.column("id")),
        offsets=table.column("offset").to_numpy(),
        lengths=table.column("length").to_numpy(),
        untrained={i: [(a, b) for a, b in ranges] for i, ranges in enumerate(spans) if ranges},
    )


class _Ids(Sequence[str]):
    """Document ids, kept as Arrow so that millions of them cost no Python objects."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, index: Any) -> Any:
        return self._column[index].as_py()


def _batches(documents: Iterator[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += len(document.text)
        if len(batch) == _BATCH or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


class _StreamWriter:
    def __init__(self, out: Path, name: str) -> None:
        self._file: BinaryIO = (out / f"{name}.tokens").open("wb")
        self._writer = pq.ParquetWriter(out / f"{name}.parquet", _SCHEMA, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self.documents = self.tokens = self.untrained_tokens = self.characters = 0

    def write(self, document: Document, segments: list[Tokens], encoder: Encoder) -> None:
        bos = [] if encoder.bos_id is None else [np.array([encoder.bos_id], dtype="<i4")]
        parts = [*bos, *segments, np.array([encoder.separator_id], dtype="<i4")]
        untrained, position = [], len(bos)
        for segment, ids in zip(document.segments, segments, strict=True):
            if not segment.trained and len(ids):
                untrained.append([position, position + len(ids)])
            position += len(ids)
        tokens = np.concatenate(parts).astype("<i4", copy=False)
        self._file.write(tokens.tobytes())
        characters = len(document.text)
        self._rows.append(
            {
                "id": document.id,
                "offset": self.tokens,
                "length": len(tokens),
                "characters": characters,
                "untrained": untrained or None,
            }
        )
        self.documents += 1
        self.tokens += len(tokens)
        self.untrained_tokens += sum(end - start for start, end in untrained)
        self.characters += characters
        if len(self._rows) >= 4096:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=_SCHEMA))
            self._rows = []

    def close(self) -> None:
        self._flush()
        self._writer.close()
        self._file.close()
