"""JSON and CSV files of rows, in pieces of any size."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cooldown_connectors.huggingface.csv_rows import read_csv
from cooldown_connectors.huggingface.json_rows import UnbalancedError, objects, read_json
from cooldown_connectors.huggingface.options import HuggingFaceOptions
from cooldown_connectors.text.rows import RowReader
from cooldown_connectors.text.walk import Found
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit.records import Skipped, TextPage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(st.dictionaries(st.text(max_size=3), JSON, max_size=3), max_size=6)
IN_ANY_PIECES = settings(max_examples=200, deadline=None)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def options(**values: object) -> HuggingFaceOptions:
    return HuggingFaceOptions(connector="huggingface", dataset="acme/notes", **values)


def read(reader: Any, path: Path, data: bytes, **values: object) -> list[TextPage | Skipped]:
    path.write_bytes(data)
    own = options(**values)
    return list(reader(Found(path, path.name, len(data), 0), own, RowReader(path.name, own, Counter())))


@IN_ANY_PIECES
@given(ROWS, st.integers(1, 40), st.booleans(), st.booleans())
def test_objects_of_an_array_or_of_lines_come_back_whatever_the_pieces(
    rows: list[dict[str, Any]], size: int, lines: bool, ascii_only: bool
) -> None:
    text = (
        "\n".join(json.dumps(row, ensure_ascii=ascii_only) for row in rows)
        if lines
        else json.dumps(rows, ensure_ascii=ascii_only, indent=1)
    )
    data = text.encode("utf-8", "surrogatepass")
    assert [json.loads(found) for found in objects(pieces(data, size), 1 << 20) if found is not None] == rows


@IN_ANY_PIECES
@given(ROWS, st.integers(1, 40), st.integers(0, 60))
def test_an_object_over_the_limit_is_passed_by_and_counted(
    rows: list[dict[str, Any]], size: int, limit: int
) -> None:
    shown = [json.dumps(row).encode() for row in rows]
    data = b"[" + b",".join(shown) + b"]"
    assert list(objects(pieces(data, size), limit)) == [row if len(row) <= limit else None for row in shown]


@IN_ANY_PIECES
@given(st.binary(max_size=60), st.integers(1, 10))
def test_any_bytes_give_objects_or_a_reason(data: bytes, size: int) -> None:
    try:
        found = list(objects(pieces(data, size), 20))
    except UnbalancedError:
        return
    assert all(item is None or len(item) <= 20 for item in found)


@pytest.mark.parametrize("data", [b'[{"text": "cut', b'[{"text": "x"}', b'{"text": "x"}}', b'["open'])
def test_a_file_that_is_cut_names_the_reason_after_its_rows(data: bytes, tmp_path: Path) -> None:
    items = read(read_json, tmp_path / "a.json", data)
    expected = [] if data == b'[{"text": "x"}' else ["bad_json"]
    assert [item.reason for item in items if isinstance(item, Skipped)] == expected


def test_bad_rows_of_json_are_named_one_by_one(tmp_path: Path) -> None:
    data = (
        b'[{"text": "good"}, {"text": bad}, {"text": "caf\xe9"}, {"x": 1}, {"text": "%s"}, {"text": "last"}]'
        % (b"x" * 90_000)
    )
    items = read(read_json, tmp_path / "a.json", data, max_text_size=1000)
    assert [item.text if isinstance(item, TextPage) else (item.what, item.reason) for item in items] == [
        "good",
        ("a.json#2", "bad_json"),
        ("a.json#3", "not_utf8"),
        ("a.json#4", "missing_field"),
        ("a.json#5", "too_large"),
        "last",
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), max_size=6))
def test_texts_of_any_signs_and_lines_come_back_from_csv(tmp_path: Path, texts: list[str]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "text"])
    writer.writerows([number, text] for number, text in enumerate(texts))
    items = read(read_csv, tmp_path / "a.csv", stream.getvalue().encode())
    assert [item.text if isinstance(item, TextPage) else item.reason for item in items] == [
        text if text.strip() else "empty" for text in texts
    ]


def test_bad_rows_of_csv_are_counted_and_the_others_kept(tmp_path: Path) -> None:
    data = b"id,text\n1,good\n2,one,too,many\n3\n4,caf\xe9\n5,last\n6," + b"x" * 2000 + b"\n"
    items = read(read_csv, tmp_path / "a.csv", data, max_text_size=1000)
    assert [item.text for item in items if isinstance(item, TextPage)] == ["good", "last"]
    assert [(item.reason, item.what) for item in items if isinstance(item, Skipped)] == [
        ("not_utf8", "a.csv#2"),
        ("too_large", "a.csv#4"),
        ("bad_csv", "a.csv"),
    ]


def test_a_missing_column_of_csv_names_those_that_are_there(tmp_path: Path) -> None:
    (item,) = read(read_csv, tmp_path / "a.csv", b"id,body\n1,x\n")
    assert isinstance(item, Skipped)
    assert item.reason == "missing_field"
    assert "id, body" in item.detail


@pytest.mark.parametrize("data", [b"", b"\n", b'text\n"open quote'])
def test_what_is_no_csv_is_named(data: bytes, tmp_path: Path) -> None:
    items = read(read_csv, tmp_path / "a.csv", data)
    assert items
    assert all(isinstance(item, Skipped) or item.text for item in items)


def test_numbers_in_id_and_time_columns_of_csv_are_understood(tmp_path: Path) -> None:
    data = b"text,key,at\nx,7,2026-03-02T09:30:00Z\n"
    (page,) = read(read_csv, tmp_path / "a.csv", data, id_field="key", time_field="at")
    assert isinstance(page, TextPage)
    assert page.id == "a.csv#7"
    assert page.time is not None
    assert page.time.isoformat() == "2026-03-02T09:30:00+00:00"
