"""The connector as the pipeline uses it, against a hub on loopback."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cooldown_connectors.huggingface import HuggingFaceConnector, HuggingFaceOptions

from cooldown_kit.connector import Take
from cooldown_kit.errors import InputError
from cooldown_kit.records import TextPage

CARD = """---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/train-*
  - split: test
    path: data/test-*
- config_name: extra
  data_files: extra/*.jsonl
---
# Notes
"""


def jsonl(*texts: str) -> bytes:
    return "".join(json.dumps({"text": text}) + "\n" for text in texts).encode()


def test_rows_of_a_split_are_pages_in_the_order_of_files_and_rows(setting, hub, parquet) -> None:
    commit = hub.add(
        "acme/notes",
        {
            "README.md": CARD.encode(),
            "data/train-00001-of-00002.parquet": parquet(["three"]),
            "data/train-00000-of-00002.parquet": parquet(["one", "two"]),
            "data/test-00000-of-00001.parquet": parquet(["held"]),
            "extra/a.jsonl": jsonl("more"),
        },
    )
    setting.check()
    assert setting.fingerprint() == {"version": 1, "dataset": "acme/notes", "commit": commit}
    result = setting.harvest()
    first = "data/train-00000-of-00002.parquet"
    assert result.texts == ["one", "two", "three"]
    assert result.pages[0] == TextPage(
        id=f"acme/notes:{first}#1",
        take="pages",
        path=first,
        row=1,
        text="one",
        url=f"{hub.url}/datasets/acme/notes/blob/{commit}/{first}",
        repository="acme/notes",
        revision=commit,
    )
    assert setting.harvest(split="test").texts == ["held"]
    assert setting.harvest(config="extra").texts == ["more"]


def test_fields_of_rows_are_read_as_the_text_connector_reads_them(setting, hub) -> None:
    row = {"body": "Text", "key": 7, "name": "Title", "at": "2026-03-02T09:30:00Z", "link": "https://x/7"}
    hub.add("acme/notes", {"rows.jsonl": json.dumps(row).encode()})
    (page,) = setting.harvest(
        text_field="body", id_field="key", title_field="name", time_field="at", url_field="link"
    ).pages
    assert (page.id, page.title, page.url) == ("acme/notes:rows.jsonl#7", "Title", "https://x/7")
    assert page.time == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def zst(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", jsonl("one", "two")),
        ("a.jsonl.gz", gzip.compress(jsonl("one", "two"), mtime=0)),
        ("a.jsonl.zst", zst(jsonl("one", "two"))),
        ("a.json", json.dumps([{"text": "one"}, {"text": "two"}], indent=1).encode()),
        ("a.json", jsonl("one", "two")),
        ("a.json.zst", zst(jsonl("one", "two"))),
        ("a.csv", b'id,text\n1,one\n2,"two"\n'),
        ("a.csv.gz", gzip.compress(b"id,text\r\n1,one\r\n2,two\r\n", mtime=0)),
        ("a.tsv", b"id\ttext\n1\tone\n2\ttwo\n"),
    ],
)
def test_every_format_is_read(name: str, content: bytes, setting, hub) -> None:
    hub.add("acme/notes", {name: content})
    result = setting.harvest()
    assert result.texts == ["one", "two"]
    assert [page.row for page in result.pages] == [1, 2]
    assert result.skipped == []


def test_bad_rows_and_files_are_named_and_the_others_kept(setting, hub, parquet) -> None:
    hub.add(
        "acme/notes",
        {
            "a.jsonl": jsonl("good") + b'{"text": "cut\n{"other": 1}\n' + jsonl("also good"),
            "b.jsonl.gz": gzip.compress(jsonl("fine"))[:-6],
            "c.csv": b"text\nx\n",
        },
    )
    result = setting.harvest()
    assert result.texts == ["good", "also good", *result.texts[2:]]
    assert result.reasons["acme/notes:a.jsonl#2"] == "bad_json"
    assert result.reasons["acme/notes:a.jsonl#3"] == "missing_field"
    assert result.reasons["acme/notes:b.jsonl.gz"] == "unreadable"
    assert result.reasons["acme/notes:c.csv"] == "other_format"


def test_a_second_run_reads_no_network(setting, hub, parquet) -> None:
    hub.add("acme/notes", {"a.parquet": parquet(["x" * 100]), "README.md": b"# Notes"})
    setting.check()
    first = setting.harvest()
    hub.requests.clear()
    again = setting.harvest(offline=True)
    assert again.pages == first.pages
    assert hub.requests == []
    commit = first.pages[0].revision
    setting.check(revision=commit)
    assert setting.harvest(revision=commit).pages == first.pages
    assert hub.requests == []


def test_a_hub_that_is_gone_is_no_hindrance_where_the_set_is_here(setting, hub, parquet) -> None:
    hub.add("acme/notes", {"a.parquet": parquet(["x" * 100])})
    setting.check()
    first = setting.harvest()
    hub.stop()
    setting.check()
    again = setting.harvest()
    assert again.pages == first.pages
    assert "the hub cannot be reached" in again.warnings[0]
    with pytest.raises(InputError, match="cannot be reached"):
        setting.check(offline=False)
    with pytest.raises(InputError, match="cannot be reached"):
        setting.check(revision="other")


def test_offline_without_the_set_says_so_and_asks_nobody(setting, hub, monkeypatch) -> None:
    hub.add("acme/notes", {"a.jsonl": jsonl("x")})
    with pytest.raises(InputError, match="`offline` is set") as caught:
        setting.check(offline=True)
    assert caught.value.remedy
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(InputError, match="`offline` is set"):
        setting.check()
    assert hub.requests == []


def test_a_branch_that_moved_is_read_again_and_equal_files_are_not_fetched_again(
    setting, hub, parquet
) -> None:
    kept = parquet(["kept " * 30])
    hub.add("acme/notes", {"a.parquet": kept})
    before = setting.fingerprint()
    assert setting.harvest().texts == ["kept " * 30]
    hub.add("acme/notes", {"a.parquet": kept, "b.parquet": parquet(["new " * 30])})
    assert setting.fingerprint() != before
    hub.requests.clear()
    assert setting.harvest().texts == ["kept " * 30, "new " * 30]
    assert hub.fetched() == ["b.parquet"]


def test_what_is_read_is_what_the_fingerprint_named(setting, hub) -> None:
    hub.add("acme/notes", {"a.jsonl": jsonl("old")})
    setting.fingerprint()
    hub.add("acme/notes", {"a.jsonl": jsonl("new")})
    items = setting.connector.harvest(setting.options(), setting.context)
    assert [item.text for item in items] == ["old"]


def test_a_limit_takes_the_first_rows_and_fetches_no_file_beyond(setting, hub) -> None:
    hub.add("acme/notes", {f"{name}.jsonl": jsonl("", f"{name}1", f"{name}2") for name in "abc"})
    result = setting.harvest(limit=3)
    assert result.texts == ["a1", "a2", "b1"]
    assert hub.fetched() == ["a.jsonl", "b.jsonl"]
    assert result.reasons == {
        "acme/notes:a.jsonl#1": "empty",
        "acme/notes:b.jsonl#1": "empty",
        "acme/notes:b.jsonl": "limit",
        "acme/notes:c.jsonl": "limit",
    }
    assert result.pages == setting.harvest(limit=3).pages


def test_check_fetches_no_rows(setting, hub, parquet) -> None:
    hub.add("acme/notes", {"a.parquet": parquet(["x" * 100_000], extra=["y"])})
    setting.check()
    with pytest.raises(InputError, match="no column 'txt'") as caught:
        setting.check(text_field="txt")
    assert "did you mean 'text'" in str(caught.value.remedy)
    asked = [request.headers.get("range") for request in hub.requests if request.server == "storage"]
    assert asked
    assert all(asked)
    assert not [path for path in setting.files() if path.parent.name == "blobs"]


def test_a_footer_larger_than_expected_is_read_whole(setting, hub, parquet, monkeypatch) -> None:
    monkeypatch.setattr("cooldown_connectors.huggingface.columns._TAIL", 16)
    hub.add("acme/notes", {"a.parquet": parquet(["x" * 1000])})
    setting.check()
    with pytest.raises(InputError, match="no column 'txt'"):
        setting.check(text_field="txt")


@pytest.mark.parametrize("column", ["messages", "conversations"])
def test_conversations_are_refused_with_a_clear_message(column: str, setting, hub) -> None:
    talk = [[{"role": "user", "content": "Hi"}]]
    stream = io.BytesIO()
    pq.write_table(pa.table({column: talk, "prompt": ["Hi"]}), stream)
    hub.add("acme/notes", {"a.parquet": stream.getvalue()})
    for text_field in ("text", column):
        with pytest.raises(InputError, match="conversations") as caught:
            setting.check(text_field=text_field)
        assert "prompt" in str(caught.value.remedy)
    setting.check(text_field="prompt")


def test_columns_that_the_card_declares_are_checked(setting, hub) -> None:
    card = "---\ndataset_info:\n  features:\n  - name: body\n    dtype: string\n---\n"
    hub.add("acme/notes", {"README.md": card.encode(), "a.jsonl": b'{"body": "x"}'})
    with pytest.raises(InputError, match="no column 'text'"):
        setting.check()
    setting.check(text_field="body")


def test_there_is_one_take_of_the_family_asked_for() -> None:
    options = HuggingFaceOptions(connector="huggingface", dataset="acme/notes", family="code")
    assert HuggingFaceConnector().takes(options) == (Take("pages", "code"),)


def test_loading_the_connector_imports_nothing_heavy() -> None:
    code = "import sys, cooldown_connectors.huggingface; sys.exit(len({'httpx', 'pyarrow', 'datasets', 'huggingface_hub'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet"])
def test_memory_stays_flat(name: str, setting, hub) -> None:
    text = "word " * 400
    rows = [{"text": f"{number} {text}"} for number in range(8000)]
    if name == "a.parquet":
        stream = io.BytesIO()
        pq.write_table(
            pa.Table.from_pylist(rows), stream, row_group_size=1000, compression="none", use_dictionary=False
        )
        content = stream.getvalue()
    elif name == "a.csv":
        content = b"text\n" + b"".join(f"{row['text']}\n".encode() for row in rows)
    elif name == "a.json":
        content = json.dumps(rows).encode()
    else:
        content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    hub.add("acme/notes", {name: content})
    items = setting.connector.harvest(setting.options(max_text_size=10_000), setting.context)
    next(items)  # the file is here now
    tracemalloc.start()
    try:
        assert sum(1 for _ in items) == len(rows) - 1
        assert tracemalloc.get_traced_memory()[1] < len(content) / 2
    finally:
        tracemalloc.stop()
