"""Which files of a data set hold rows, by their extension."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Literal

RowFormat = Literal["parquet", "jsonl", "json", "csv"]
"""``jsonl`` has one row a line; ``json`` is an array of rows, or rows one after the other; ``csv`` includes tab-separated values."""

_EXTENSIONS: dict[str, RowFormat] = {
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
}
_COMPRESSIONS = (".gz", ".zst")
_NO_ROWS = frozenset(
    {"config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
)
"""Descriptions that libraries leave beside the rows."""


def format_of(path: str) -> RowFormat | None:
    """The format of a file with that path, ``None`` where it holds no rows."""
    name = PurePosixPath(path).name.lower()
    for compression in _COMPRESSIONS:
        name = name.removesuffix(compression)
    if name in _NO_ROWS:
        return None
    kind = _EXTENSIONS.get(PurePosixPath(name).suffix)
    return None if kind == "parquet" and not path.lower().endswith(".parquet") else kind
