"""Scores on disk: one row per held-out document, so that two models can be compared document by document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from cooldown_kit.evaluate.heldout import HeldoutItem

ITEMS = "items.parquet"
GENERATIONS = "generations.jsonl"
HELDOUT = "heldout.json"
"""What was scored and what was left out, by kind."""

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("source", pa.string()),
        ("take", pa.string()),
        ("language", pa.string()),
        ("bytes", pa.int64()),
        ("tokens", pa.int64()),
        ("nats", pa.float64()),
    ]
)
"""``bytes`` and ``tokens`` count what was scored; ``nats`` is its negative log-likelihood."""


def write_items(path: Path, items: Sequence[HeldoutItem], nats: NDArray[np.float64]) -> None:
    """Write one row per item, in the items' order."""
    rows = [
        {
            "id": item.id,
            "kind": item.kind,
            "source": item.source,
            "take": item.take,
            "language": item.language,
            "bytes": item.bytes,
            "tokens": item.scored_tokens,
            "nats": float(value),
        }
        for item, value in zip(items, nats, strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")


def read_items(path: Path) -> pa.Table:
    """The rows of one ``items.parquet``, with :data:`SCHEMA`."""
    return pq.read_table(path, schema=SCHEMA)
