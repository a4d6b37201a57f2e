"""Comma- and tab-separated values, streamed by Arrow; quoted texts may hold line breaks, memory stays flat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyarrow import csv

from cooldown_connectors.text.formats import COMPRESSION, codec_of
from cooldown_connectors.text.options import RowOptions
from cooldown_connectors.text.rows import RowReader
from cooldown_connectors.text.walk import Found
from cooldown_kit.records import Skipped, TextPage

_BLOCK = 4 << 20
_BATCH_ROWS = 256


def read_csv(file: Found, options: RowOptions, reader: RowReader) -> Iterator[TextPage | Skipped]:
    """The pages of a file with a line of column names; each row is known by its number, from 1.

    Rows with too many or too few values are counted together at the end: Arrow does not say where they stand.
    """
    number, malformed = 0, 0

    def refuse(_: Any) -> str:
        nonlocal malformed
        malformed += 1
        return "skip"

    try:
        with file.path.open("rb") as raw, _opened(raw, file.name) as stream:
            table = csv.open_csv(stream, **_settings(file, options, refuse))
            names = table.schema.names
            if options.main_field not in names:
                detail = f"no column {options.main_field!r}; there are {', '.join(names)}"[:500]
                yield Skipped(what=file.name, reason="missing_field", detail=detail)
                return
            wanted = [name for name in options.row_fields if name in names]
            for row in _rows(table, wanted):
                number += 1
                yield reader.page_of_bytes(row, number)
    except (OSError, EOFError, pa.ArrowException) as error:
        yield Skipped(what=file.name, reason="bad_csv", detail=f"after row {number}: {error}"[:500])
    if malformed:
        detail = f"{malformed:,} rows have not as many values as there are columns"
        yield Skipped(what=file.name, reason="bad_csv", detail=detail)


def _settings(file: Found, options: RowOptions, refuse: Any) -> dict[str, Any]:
    bare = file.name.lower()
    for extension in COMPRESSION:
        bare = bare.removesuffix(extension)
    wanted = {name: pa.binary() for name in options.row_fields}
    return {
        # A row has to fit into a block, and a text may be as long as the options allow.
        "read_options": csv.ReadOptions(block_size=max(_BLOCK, 2 * options.max_text_size), use_threads=False),
        "parse_options": csv.ParseOptions(
            delimiter="\t" if bare.endswith(".tsv") else ",",
            newlines_in_values=True,
            invalid_row_handler=refuse,
        ),
        # As bytes: one text that is not UTF-8 must not spoil its block. A quoted nothing is a text, a bare one is none.
        "convert_options": csv.ConvertOptions(
            column_types=wanted, check_utf8=False, strings_can_be_null=False, null_values=[]
        ),
    }


def _rows(table: Any, names: list[str]) -> Iterator[dict[str, Any]]:
    """Rows as Python values, some at a time: a block may hold many thousand."""
    for block in table:
        for start in range(0, block.num_rows, _BATCH_ROWS):
            yield from block.slice(start, _BATCH_ROWS).select(names).to_pylist()


def _opened(raw: Any, name: str) -> Any:
    codec = codec_of(name)
    return pa.CompressedInputStream(raw, codec) if codec else pa.PythonFile(raw)
