"""Documents come back from disk as they were written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit import documents
from cooldown_kit.documents import (
    SCHEMA,
    Document,
    DocumentWriter,
    Segment,
    read_documents,
    read_rejects,
    write_documents,
)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
made = st.builds(
    Document,
    id=text,
    source=st.just("a"),
    take=st.just("files"),
    kind=st.sampled_from(["commit", "code", "text"]),
    segments=st.lists(st.builds(Segment, text=text, trained=st.booleans()), max_size=3),
    content_hash=text,
    connector=st.just("git"),
    repository=st.none() | text,
    path=st.none() | text,
    authors=st.lists(text, max_size=2),
    time=st.none()
    | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=UTC)),
    language=st.none() | text,
    split=st.sampled_from(["train", "heldout"]),
    signals=st.dictionaries(text, st.floats(allow_nan=False), max_size=3),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(made, max_size=6))
def test_any_document_comes_back_as_it_was_written(tmp_path: Path, written: list[Document]) -> None:
    path = tmp_path / "documents.parquet"
    assert write_documents(path, written) == len(written)
    assert list(read_documents(path)) == written
    assert list(read_documents(path, split="heldout")) == [d for d in written if d.split == "heldout"]
    assert pq.read_schema(path).equals(SCHEMA)


def _document(number: int, content: str = "x") -> Document:
    return Document(
        id=str(number),
        source="a",
        take="pages",
        kind="text",
        segments=[Segment(content)],
        content_hash="h",
        connector="text",
    )


def test_row_groups_are_bounded_by_characters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_GROUP_CHARACTERS", 1000)
    path = tmp_path / "documents.parquet"
    write_documents(path, (_document(i, "y" * 100) for i in range(95)))
    with pq.ParquetFile(path) as file:
        assert [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)] == [10] * 9 + [5]
    assert [d.id for d in read_documents(path)] == [str(i) for i in range(95)]


def test_rejects_keep_the_document_and_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "rejects.parquet"
    with DocumentWriter(path, rejects=True) as writer:
        writer.write(_document(1), reason="too_short")
    assert list(read_rejects(path)) == [(_document(1), "too_short")]


def test_a_document_knows_its_text_and_its_stream() -> None:
    document = Document(
        id="1",
        source="pay",
        take="commits",
        kind="commit",
        segments=[Segment("why\n", trained=False), Segment("+ line")],
        content_hash="h",
        connector="git",
    )
    assert document.text == "why\n+ line"
    assert document.stream == "pay.commits"
