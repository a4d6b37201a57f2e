"""Events of a child: a whole line each, bounded, and progress not too often."""

from __future__ import annotations

from pathlib import Path

from cooldown_kit.engine.journal import LONGEST_LINE, Journal
from cooldown_kit.events import Message, Metric, Progress, StageFinished, decode


def written(path: Path, *events: object) -> list[object]:
    journal = Journal(path)
    for event in events:
        journal.emit(event)  # type: ignore[arg-type]
    journal.close()
    return [decode(line) for line in path.read_bytes().splitlines()]


def test_progress_is_written_twice_a_second_at_most_and_its_end_always(tmp_path: Path) -> None:
    events = [Progress(stage="mix", done=i, total=100, unit="rows", time=1000 + i / 100) for i in range(101)]
    told = written(tmp_path / "e", *events)
    assert [event.done for event in told] == [0, 50, 100]  # type: ignore[attr-defined]


def test_every_metric_is_written(tmp_path: Path) -> None:
    events = [Metric(stage="train", step=i, values={"loss": 1.0}, time=1000.0) for i in range(50)]
    assert written(tmp_path / "e", *events) == events


def test_no_line_is_too_long_and_what_was_left_out_is_said(tmp_path: Path) -> None:
    big = {str(i): "x" * 100 for i in range(2000)}
    told = written(
        tmp_path / "e",
        StageFinished(stage="curate", seconds=1.0, cached=False, summary=big),
        Message(stage="curate", text="y" * LONGEST_LINE * 2),
        Message(stage="curate", text="half a character: \ud800"),
    )
    assert max(map(len, (tmp_path / "e").read_bytes().splitlines())) <= LONGEST_LINE
    assert "left_out" in told[0].summary  # type: ignore[attr-defined]
    assert told[1].text.endswith("…")  # type: ignore[attr-defined]
    assert told[2].text.startswith("half a character")  # type: ignore[attr-defined]
