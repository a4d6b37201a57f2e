"""The mixture: packed sequences on disk in the order in which training reads them, with the way back to documents."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cooldown_kit.events import Emit, Progress
from cooldown_kit.mix.order import interleave
from cooldown_kit.mix.packing import Piece, pack
from cooldown_kit.mix.shares import MixPlan, MixSource
from cooldown_kit.mix.tokens import Stream, Tokens, read_streams
from cooldown_kit.workspace import write_whole

VERSION = 1
_BATCH_ROWS = 256

ROWS_SCHEMA = pa.schema(
    [
        ("input_ids", pa.list_(pa.int32())),
        ("labels", pa.list_(pa.int32())),
        ("seq_lengths", pa.list_(pa.int32())),
        ("source", pa.int16()),
    ]
)
"""``seq_lengths`` are the lengths of the row's document pieces: position ids restart at each. There is no attention mask on
purpose: an all-ones mask beside restarting positions makes transformers forget the isolation of documents."""

INDEX_SCHEMA = pa.schema(
    [
        ("row", pa.int32()),
        ("position", pa.int32()),
        ("source", pa.int16()),
        ("document", pa.string()),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("document_tokens", pa.int64()),
    ]
)
"""One row a piece: tokens ``start`` to ``end`` of ``document`` stand at ``position`` of sequence ``row``."""


def mix(tokens: Path, plan: MixPlan, *, seed: int, out: Path, emit: Emit) -> dict[str, Any]:
    """Write the mixture that ``plan`` describes from a token folder; returns what ``mixture.json`` holds.

    ``rows.arrow`` is an Arrow IPC stream (memory-mapped by ``datasets.Dataset.from_file``) in training order, ``index.parquet``
    leads from every sequence to its documents. Same plan, tokens and seed: same bytes.
    """
    order = interleave([source.share for source in plan.sources], plan.rows)
    taken = np.bincount(order, minlength=len(plan.sources))
    pools = [
        _Pool(source, tokens, int(rows), plan, seed) for source, rows in zip(plan.sources, taken, strict=True)
    ]
    fingerprint = hashlib.blake2b(digest_size=16)
    with (
        pa.OSFile(str(out / "rows.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, ROWS_SCHEMA) as rows_writer,
        pq.ParquetWriter(out / "index.parquet", INDEX_SCHEMA, compression="zstd") as index_writer,
    ):
        batch = _Batch()
        for row, source in enumerate(order):
            batch.add(row, int(source), pools[source])
            if len(batch.sources) == _BATCH_ROWS or row == plan.rows - 1:
                rows_writer.write_batch(batch.rows(fingerprint))
                index_writer.write_table(batch.index())
                batch = _Batch()
                emit(Progress(stage="mix", done=row + 1, total=plan.rows, unit="sequences"))
    summary = {
        "rows": plan.rows,
        "sequence_length": plan.sequence_length,
        "tokens": plan.tokens,
        "seed": seed,
        "fingerprint": fingerprint.hexdigest(),
        "separator": json.loads((tokens / "tokens.json").read_text())["separator"],
        "sources": [pool.facts(plan) for pool in pools],
    }
    write_whole(out / "mixture.json", json.dumps(summary, indent=1))
    return summary


class _Pool:
    """The documents behind one share, as one list over its streams, and the sequences made from them."""

    def __init__(self, source: MixSource, tokens: Path, rows: int, plan: MixPlan, seed: int) -> None:
        self._source = source
        self._streams: list[Stream] = read_streams(tokens, [s.name for s in source.streams if s.tokens])
        self._firsts = np.cumsum([0, *(len(s.ids) for s in self._streams)])
        self._lengths = np.concatenate([s.lengths for s in self._streams])
        self._rows: Iterator[list[Piece]] = pack(
            self._lengths, rows=rows, sequence_length=plan.sequence_length, seed=seed, name=source.name
        )
        self._taken = rows
        self._pieces = self._cuts = 0
        self._read = np.zeros(len(self._lengths), dtype=bool)

    def next_row(self) -> list[Piece]:
        row = next(self._rows)
        for piece in row:
            self._pieces += 1
            self._cuts += piece.end < self._lengths[piece.document]
            self._read[piece.document] = True
        return row

    def piece(self, piece: Piece) -> tuple[Tokens, Tokens]:
        stream, document = self._locate(piece.document)
        return stream.piece(document, piece.start, piece.end)

    def identity(self, document: int) -> tuple[str, int]:
        """A document's id and its length in tokens."""
        stream, local = self._locate(document)
        return stream.ids[local], int(stream.lengths[local])

    def _locate(self, document: int) -> tuple[Stream, int]:
        number = int(np.searchsorted(self._firsts, document, side="right")) - 1
        return self._streams[number], document - int(self._firsts[number])

    def facts(self, plan: MixPlan) -> dict[str, Any]:
        source = self._source
        return {
            "name": source.name,
            "group": source.group,
            "streams": [stream.name for stream in source.streams],
            "share_asked": float(source.share),
            "share_attained": self._taken / plan.rows,
            "rows": self._taken,
            "tokens": self._taken * plan.sequence_length,
            "unique_tokens": source.tokens,
            "epochs": self._taken * plan.sequence_length / source.tokens,
            "documents": source.documents,
            "documents_read": int(self._read.sum()),
            "pieces": self._pieces,
            "cuts": int(self._cuts),
        }


class _Batch:
    """Rows that are written together."""

    def __init__(self) -> None:
        self._ids: list[Tokens] = []
        self._labels: list[Tokens] = []
        self._lengths: list[list[int]] = []
        self.sources: list[int] = []
        self._index: dict[str, list[Any]] = {name: [] for name in INDEX_SCHEMA.names}

    def add(self, row: int, source: int, pool: _Pool) -> None:
        pieces = pool.next_row()
        parts = [pool.piece(piece) for piece in pieces]
        self._ids.append(np.concatenate([ids for ids, _ in parts]))
        self._labels.append(np.concatenate([labels for _, labels in parts]))
        self._lengths.append([piece.end - piece.start for piece in pieces])
        self.sources.append(source)
        position = 0
        for piece in pieces:
            document, length = pool.identity(piece.document)
            values = (row, position, source, document, piece.start, piece.end, length)
            for name, value in zip(INDEX_SCHEMA.names, values, strict=True):
                self._index[name].append(value)
            position += piece.end - piece.start

    def rows(self, fingerprint: Any) -> pa.RecordBatch:
        ids, labels = np.concatenate(self._ids), np.concatenate(self._labels)
        fingerprint.update(ids.tobytes() + labels.tobytes())
        lengths = np.array([length for row in self._lengths for length in row], dtype=np.int32)
        fingerprint.update(lengths.tobytes())
        offsets = np.cumsum([0, *(len(row) for row in self._ids)]).astype(np.int32)
        length_offsets = np.cumsum([0, *(len(row) for row in self._lengths)]).astype(np.int32)
        return pa.RecordBatch.from_arrays(
            [
                pa.ListArray.from_arrays(offsets, pa.array(ids, pa.int32())),
                pa.ListArray.from_arrays(offsets, pa.array(labels, pa.int32())),
                pa.ListArray.from_arrays(length_offsets, pa.array(lengths, pa.int32())),
                pa.array(self.sources, pa.int16()),
            ],
            schema=ROWS_SCHEMA,
        )

    def index(self) -> pa.Table:
        return pa.table(self._index, schema=INDEX_SCHEMA)
