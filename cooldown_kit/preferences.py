"""Pairs for preference training: one prompt with the answer that was chosen and the one that was rejected.

The columns ``prompt``, ``chosen`` and ``rejected`` are strings, the explicit-prompt format that TRL's ``DPOTrainer`` reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What reviewers made of some lines: as they were criticised, and as they were merged. Clean, as documents are."""

    id: str
    """That of the document of the same thread, so that both are held out together."""
    source: str
    take: str
    repository: str
    number: int
    """Of the pull request."""
    path: str
    prompt: str
    chosen: str
    rejected: str
    time: datetime | None = None
    url: str | None = None
    language: str | None = None
    related: list[str] = []
    """What tells the same change (:attr:`Document.related`)."""
    signals: dict[str, float] = {}


SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("take", pa.string()),
        ("repository", pa.string()),
        ("number", pa.int64()),
        ("path", pa.string()),
        ("prompt", pa.large_string()),
        ("chosen", pa.large_string()),
        ("rejected", pa.large_string()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("url", pa.string()),
        ("language", pa.string()),
        ("related", pa.list_(pa.string())),
        ("signals", pa.map_(pa.string(), pa.float64())),
    ]
)

_GROUP = 1000
"""Pairs of a row group: each is bounded by the room that rendering gives it."""


class PreferenceWriter:
    """Writes pairs to one Parquet file; memory stays flat. A context manager."""

    def __init__(self, path: Path) -> None:
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self.count = 0

    def write(self, pair: Preference) -> None:
        row = msgspec.structs.asdict(pair)
        row["signals"] = list(pair.signals.items())
        self._rows.append(row)
        self.count += 1
        if len(self._rows) >= _GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=SCHEMA))
            self._rows = []

    def __enter__(self) -> PreferenceWriter:
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
        self._writer.close()


def read_preferences(path: Path) -> Iterator[Preference]:
    """The pairs of one Parquet file in their order, one row group at a time."""
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                yield Preference(**{**row, "signals": dict(row["signals"])})
