"""Rows of JSONL and Parquet."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cooldown_connectors.text import TextConnector, TextOptions
from cooldown_connectors.text.jsonl import lines
from cooldown_connectors.text.rows import parse_time
from cooldown_connectors.text.walk import Found
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError
from cooldown_kit.events import Message

ALL_FIELDS = {
    "text_field": "body",
    "id_field": "key",
    "title_field": "name",
    "time_field": "at",
    "url_field": "link",
}
ROW = {
    "body": "Text\n  indented",
    "key": 7,
    "name": "Title",
    "at": "2026-03-02T09:30:00Z",
    "link": "https://x/7",
}
WHEN = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def zst(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("r.jsonl", bytes),
        ("r.ndjson", bytes),
        ("r.jsonl.gz", gzip.compress),
        ("r.jsonl.zst", zst),
        ("r.jsonl.gz", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
    ],
)
def test_jsonl_is_read_compressed_or_not(name: str, pack, harvest, write) -> None:
    write(
        name, pack(b"\xef\xbb\xbf" + (json.dumps(ROW) + "\r\n\n" + json.dumps({**ROW, "key": "b"})).encode())
    )
    first, second = harvest(name, **ALL_FIELDS).pages
    assert (first.id, first.path, first.row) == (f"{name}#7", name, 1)
    assert (first.text, first.title, first.time, first.url) == (ROW["body"], "Title", WHEN, "https://x/7")
    assert (second.id, second.row) == (f"{name}#b", 3)


def test_bad_rows_are_named_and_the_others_kept(harvest, write) -> None:
    rows = [
        b'{"text": "good"}',
        b'{"text": "cut',
        b"[1, 2]",
        b'{"other": 1}',
        b'{"text": null}',
        b'{"text": ["list"]}',
        b'{"text": "caf\xe9"}',
        b'{"text": "\\ud800"}',
        b'{"text": "  "}',
        b"[" * 100_000,
        b'{"text": "' + b"x" * 200 + b'"}',
        b'{"text": "' + "ü".encode() * 60 + b'"}',
        b"x" * 200_000,
        b'{"text": "also good"}',
    ]
    write("r.jsonl", b"\n".join(rows))
    result = harvest("r.jsonl", max_text_size=100)
    assert [page.text for page in result.pages] == ["good", "also good"]
    assert list(result.reasons.values()) == [
        *(
            "bad_json",
            "bad_json",
            "missing_field",
            "missing_field",
            "not_text",
            "not_utf8",
            "bad_json",
            "empty",
        ),
        *("too_large", "too_large", "too_large", "too_large"),
    ]
    assert list(result.reasons) == [f"r.jsonl#{number}" for number in range(2, 14)]


@pytest.mark.parametrize("name", ["r.jsonl.gz", "r.jsonl.zst"])
def test_a_file_that_is_cut_short_gives_what_is_there_and_says_so(name: str, harvest, write) -> None:
    data = "".join(json.dumps({"text": f"{n * 7919:x}" * 40}) + "\n" for n in range(40_000)).encode()
    packed = gzip.compress(data, 1) if name.endswith("gz") else zst(data)
    write(name, packed[: len(packed) // 2])
    result = harvest(name)
    assert 0 < len(result.pages) < 40_000
    assert "unreadable" in result.reasons.values()
    write(name, b"not compressed at all")
    assert harvest(name).reasons == {name: "unreadable"}


def test_ids_that_are_missing_or_not_unique_fall_back_on_the_row_and_warn(harvest, write) -> None:
    write(
        "r.jsonl",
        "".join(
            json.dumps({"text": "t", **extra}) + "\n" for extra in ({"id": "a"}, {}, {"id": "a"}, {"id": " "})
        ),
    )
    result = harvest("r.jsonl", id_field="id")
    assert result.ids == ["r.jsonl#a", "r.jsonl#2", "r.jsonl#a#3", "r.jsonl#4"]
    warnings = [event.text for event in result.events if isinstance(event, Message)]
    assert warnings == [
        "book: 1 rows with a 'id' that an earlier row of the file has, too, got their number added",
        "book: 2 rows without 'id' are identified by their number",
    ]


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-03-02T09:30:00Z", WHEN),
        ("2026-03-02T10:30:00+01:00", WHEN),
        ("2026-03-02 09:30", WHEN),
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        (WHEN.timestamp(), WHEN),
        (int(WHEN.timestamp()), WHEN),
        (int(WHEN.timestamp() * 1000), WHEN),
        (WHEN.replace(tzinfo=None), WHEN),
        (WHEN.astimezone(timezone(timedelta(hours=-7))), WHEN),
        ("yesterday", None),
        ("", None),
        (True, None),
        (float("nan"), None),
        (1e300, None),
        (10**400, None),
        ("0001-01-01T00:00:00+14:00", None),
        (["2026"], None),
    ],
)
def test_times_are_understood_in_the_ways_people_write_them(value: object, time: datetime | None) -> None:
    assert parse_time(value) == time


def test_bad_times_leave_the_row_undated_and_are_counted(harvest, write) -> None:
    rows = [{"text": "a", "at": "soon"}, {"text": "b", "at": 1e300}, {"text": "c"}]
    write("r.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    result = harvest("r.jsonl", time_field="at")
    assert [page.time for page in result.pages] == [None, None, None]
    assert [e.text for e in result.events if isinstance(e, Message)] == [
        "book: 2 rows with a 'at' that is no time are undated"
    ]


def test_parquet_reads_only_the_columns_asked_for(harvest, tmp_path: Path) -> None:
    table = pa.Table.from_pylist([{**ROW, "at": WHEN, "unread": b"\xff"}, {**ROW, "key": 8, "at": None}])
    pq.write_table(table, tmp_path / "r.parquet")
    first, second = harvest("r.parquet", **ALL_FIELDS).pages
    assert (first.id, first.path, first.row) == ("r.parquet#7", "r.parquet", 1)
    assert (first.text, first.title, first.time, first.url) == (ROW["body"], "Title", WHEN, "https://x/7")
    assert (second.id, second.row, second.time) == ("r.parquet#8", 2, None)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([WHEN.replace(tzinfo=None)], pa.timestamp("ns")),
        pa.array([WHEN], pa.timestamp("s", "Asia/Tokyo")),
        pa.array([WHEN], pa.timestamp("ms", "UTC")),
        pa.array([WHEN.isoformat()]),
        pa.array([WHEN.isoformat()]).dictionary_encode(),
        pa.array([WHEN.timestamp()]),
        pa.array([int(WHEN.timestamp())], pa.int32()),
    ],
    ids=lambda column: str(column.type),
)
def test_parquet_times_of_every_type(column: pa.Array, harvest, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["t"], "at": column}), tmp_path / "r.parquet")
    assert harvest("r.parquet", time_field="at").pages[0].time == WHEN


def test_parquet_dates_are_midnight(harvest, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["t"], "at": pa.array([date(2026, 3, 2)])}), tmp_path / "r.parquet")
    assert harvest("r.parquet", time_field="at").pages[0].time == datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()], ids=str)
def test_one_bad_parquet_row_does_not_spoil_its_batch(kind: pa.DataType, harvest, tmp_path: Path) -> None:
    raw = pa.array([b"good", b"caf\xe9", None, b" ", b"x" * 101, b"also good"], pa.large_binary())
    text = raw.cast(pa.binary()).view(kind) if kind in (pa.string(), pa.binary()) else raw.view(kind)
    pq.write_table(pa.table({"text": text}), tmp_path / "r.parquet")
    result = harvest("r.parquet", max_text_size=100)
    assert [page.text for page in result.pages] == ["good", "also good"]
    assert list(result.reasons.values()) == ["not_utf8", "missing_field", "empty", "too_large"]


def test_a_text_column_of_numbers_is_not_text(harvest, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": [1]}), tmp_path / "r.parquet")
    assert harvest("r.parquet").reasons == {"r.parquet#1": "not_text"}


def test_broken_and_foreign_parquet_files_are_named(harvest, write, tmp_path: Path) -> None:
    write("docs/good.md")
    write("docs/broken.parquet", b"PAR1 and no more")
    pq.write_table(pa.table({"other": [1]}), tmp_path / "docs/other.parquet")
    result = harvest("docs")
    assert result.ids == ["good.md"]
    assert result.reasons == {"broken.parquet": "bad_parquet", "other.parquet": "missing_field"}


@pytest.mark.parametrize("option", ["text_field", "id_field", "title_field", "time_field", "url_field"])
def test_check_names_the_nearest_column(option: str, context, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["t"], "contents": ["c"]}), tmp_path / "r.parquet")
    with pytest.raises(
        InputError, match=rf"no column 'content'[\s\S]*did you mean 'contents'\? Set `{option}`"
    ):
        TextConnector().check(TextOptions(connector="text", path="r.parquet", **{option: "content"}), context)


def test_check_refuses_a_named_file_that_is_no_parquet(context, write) -> None:
    write("r.parquet", b"no")
    with pytest.raises(InputError, match="not a Parquet file"):
        TextConnector().check(TextOptions(connector="text", path="r.parquet"), context)


pieces = st.lists(st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"")), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces, st.integers(0, 12), st.integers(1, 9))
def test_lines_are_split_alike_whatever_the_chunks(parts: list[bytes], limit: int, chunk: int) -> None:
    import cooldown_connectors.text.jsonl as module

    data = b"\n".join(parts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            module, "chunks", lambda file: (data[i : i + chunk] for i in range(0, len(data), chunk))
        )
        result = list(lines(Found(Path("x"), "x", 0, 0), limit))
    expected = [(number, part if len(part) <= limit else None) for number, part in enumerate(parts, start=1)]
    if expected and not parts[-1]:
        expected.pop()  # nothing follows the last newline
    assert result == expected


def test_memory_stays_flat_whatever_the_size_of_file_or_line(tmp_path: Path) -> None:
    with (tmp_path / "r.jsonl").open("wb") as file:
        for _ in range(2000):
            file.write(b'{"text": "' + b"x" * 10_000 + b'"}\n')
        for _ in range(40):
            file.write(b"y" * (1 << 20))  # one line of 40 MiB
        file.write(b'\n{"text": "last"}\n')
    context = HarvestContext(source="s", folder=tmp_path, store=tmp_path, emit=lambda event: None)
    options = TextOptions(connector="text", path="r.jsonl", max_text_size="100kB")
    tracemalloc.start()
    count, last = 0, None
    for item in TextConnector().harvest(options, context):
        count, last = count + 1, item
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2002
    assert last.text == "last"
    assert peak < 8 << 20
