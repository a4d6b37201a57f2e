"""Parquet, read in batches of rows and only the columns that are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cooldown_connectors.text.options import RowOptions
from cooldown_connectors.text.rows import RowReader
from cooldown_connectors.text.walk import Found
from cooldown_kit.records import Skipped, TextPage

_BATCH_ROWS = 256


def columns(file: Found) -> list[str]:
    """Names of the top-level columns, from the footer. Raises ``pa.ArrowException`` or ``OSError``."""
    return list(pq.read_schema(file.path).names)


def read_parquet(file: Found, options: RowOptions, reader: RowReader) -> Iterator[TextPage | Skipped]:
    """The pages of a Parquet file; each row is known by its number, from 1."""
    number = 0
    try:
        with pq.ParquetFile(file.path, pre_buffer=False, buffer_size=1 << 20) as parquet:
            names = parquet.schema_arrow.names
            if options.main_field not in names:
                yield Skipped(
                    what=file.name, reason="missing_field", detail=f"no column {options.main_field!r}"
                )
                return
            wanted = [name for name in options.row_fields if name in names]
            for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=wanted):
                values = {name: _values(batch.column(name)) for name in wanted}
                for index in range(batch.num_rows):
                    number += 1
                    row = {name: column[index] for name, column in values.items()}
                    yield reader.page_of_bytes(row, number)
    except (
        OSError,
        pa.ArrowException,
        UnicodeDecodeError,
    ) as error:  # the last: nested strings are decoded here
        yield Skipped(what=file.name, reason="bad_parquet", detail=f"after row {number}: {error}")


def _values(column: Any) -> list[Any]:
    """Python values of one column of a batch; strings as bytes, times as seconds since 1970."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_string(column.type):
        # Arrow does not promise that strings are UTF-8, and one bad row must not spoil its batch.
        return list(column.cast(pa.large_binary()).to_pylist())
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        microseconds = column.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64())
        return [None if value is None else value / 1e6 for value in microseconds.to_pylist()]
    return list(column.to_pylist())


def _is_string(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
