"""Whatever a child writes, in whatever pieces it comes, is in the database once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cooldown_api.worker.ingest import clean, parse, without_old_progress
from cooldown_api.worker.liveness import Liveness
from cooldown_api.worker.progress import Speed, progress_after
from cooldown_api.worker.tail import read_lines
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit.engine.process import Vitals


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b""))),
    cuts=st.lists(st.integers(0, 400)),
    most=st.integers(1, 64),
    last=st.binary(max_size=10).map(lambda b: b.replace(b"\n", b"")),
)
def test_lines_come_once_and_whole_however_the_file_grows(
    tmp_path_factory: Any, lines: list[bytes], cuts: list[int], most: int, last: bytes
) -> None:
    path = tmp_path_factory.mktemp("tail") / "file"
    content = b"".join(line + b"\n" for line in lines) + last
    offset, got = 0, b""
    for cut in [*sorted(cut for cut in cuts if cut < len(content)), len(content)]:
        path.write_bytes(content[:cut])
        while (read := read_lines(path, offset, most=most)).lines:
            got += content[offset : read.offset]
            assert read.offset > offset
            offset = read.offset
    while (read := read_lines(path, offset, ended=True, most=most)).lines:
        got += content[offset : read.offset]
        offset = read.offset
    assert got == content


def test_a_line_in_the_middle_of_being_written_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\ntw")
    assert read_lines(path, 0).lines == [b"one"]
    assert read_lines(path, 4).lines == []
    assert read_lines(path, 4, ended=True).lines == [b"tw"]


def test_lines_that_are_no_events_are_told_as_such() -> None:
    lines = [
        b'{"type":"message","stage":"a","text":"x\\u0000y"}',
        b"not json",
        b"[1]",
        b'{"type":3}',
        b"",
        b"\xff\x00",
    ]
    found = list(parse(lines))
    assert len(found) == 5 and found[0]["text"] == "x�y"
    assert all("is none" in event["text"] for event in found[1:])
    assert "\x00" not in json.dumps(found, ensure_ascii=False)


@given(
    st.recursive(
        st.none() | st.floats() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_what_is_cleaned_can_be_kept_by_both_databases(value: Any) -> None:
    text = json.dumps(clean(value), allow_nan=False)
    assert "\\u0000" not in text


def test_of_progress_in_one_batch_only_the_newest_is_kept_in_its_place() -> None:
    def progress(done: int, stage: str = "a") -> dict[str, Any]:
        return {"type": "progress", "stage": stage, "detail": "", "done": done}

    metric = {"type": "metric", "stage": "a"}
    batch = [progress(1), metric, progress(2), progress(1, "b"), progress(3)]
    assert list(without_old_progress(batch)) == [metric, progress(1, "b"), progress(3)]


def test_time_left_is_told_from_the_speed_of_the_last_steps() -> None:
    speed, progress = Speed(), None
    for step in range(1, 11):
        event = {
            "type": "progress", "stage": "train", "time": 100.0 + 2 * step, "done": step, "total": 100, "unit": "steps",
        }  # fmt: skip
        progress = progress_after(progress, event, speed)
    assert progress == {
        "stage": "train", "detail": None, "done": 10, "total": 100, "unit": "steps", "step": 10, "steps": 100,
        "seconds_left": 180.0,
    }  # fmt: skip
    after = progress_after(progress, {"type": "stage_started", "stage": "evaluate"}, speed)
    assert after == {"stage": "evaluate", "detail": "", "step": 10, "steps": 100}


def test_hung_is_told_from_slow() -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 1, 1, tzinfo=UTC)

    def silent_after(training: bool, *uses: tuple[float, int]) -> float:
        alive = Liveness(start)
        alive.event("train" if training else "curate", start)
        for minute, (cpu, io) in enumerate(uses):
            alive.look(Vitals(cpu, io), start + timedelta(minutes=minute))
        return alive.silent_for(start + timedelta(minutes=len(uses) - 1))

    assert silent_after(False, (0, 0), (0.2, 100), (0.4, 200)) == 120, "it does nothing"
    assert silent_after(False, (0, 0), (30, 0), (60, 0)) == 0, "it computes"
    assert silent_after(True, (0, 0), (60, 0), (120, 0)) == 120, "in training, spinning is no work"
    assert silent_after(True, (0, 0), (60, 50 << 20), (120, 90 << 20)) == 0, "it writes a checkpoint"
