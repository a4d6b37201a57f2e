"""Records and what was skipped come back from disk, in their order and typed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooldown_kit.records import (
    Commit,
    FileChange,
    LineWriter,
    Person,
    Record,
    Skipped,
    SourceFile,
    TextPage,
    read_records,
    read_skipped,
    write_lines,
)

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANN = Person(name="Ann", email="ann@example.org")
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


def _commit(message: str) -> Record:
    change = FileChange(
        path="a.py",
        status="modified",
        old_mode="100644",
        new_mode="100644",
        old_blob="1",
        new_blob="2",
        patch="@@ -1 +1 @@\n-a\n+b\n",
    )
    return Commit(
        id="r@1",
        take="commits",
        repository="r",
        revision="1",
        parents=[],
        author=ANN,
        committer=ANN,
        authored_at=WHEN,
        committed_at=WHEN,
        message=message,
        changes=[change],
    )


def _file(content: str) -> Record:
    return SourceFile(
        id="r@1:a",
        take="files",
        repository="r",
        revision="1",
        path="a",
        blob="b",
        mode="100644",
        content=content,
        changed_at=WHEN,
        changed_in=None,
    )


def _page(content: str) -> Record:
    return TextPage(id="p", take="pages", path="p", text=content)


records = st.builds(lambda make, content: make(content), st.sampled_from([_commit, _file, _page]), text)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(records, max_size=8))
def test_any_record_comes_back_with_its_type_and_in_its_order(tmp_path: Path, written: list[Record]) -> None:
    path = tmp_path / "records.jsonl.zst"
    assert write_lines(path, written) == len(written)
    assert list(read_records(path)) == written


def test_lines_longer_than_a_chunk_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl.zst"
    written = [_file("x" * size) for size in (3 << 20, 1, (1 << 20) - 1, 5 << 20)]
    write_lines(path, written)
    assert list(read_records(path)) == written


def test_what_was_skipped_keeps_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "skipped.jsonl.zst"
    with LineWriter(path) as writer:
        writer.write(Skipped(what="a.bin", reason="binary"))
    assert list(read_skipped(path)) == [Skipped(what="a.bin", reason="binary")]


def test_a_line_that_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl.zst"
    write_lines(path, [Skipped(what="a", reason="b")])
    with pytest.raises(msgspec.ValidationError):
        list(read_records(path))
