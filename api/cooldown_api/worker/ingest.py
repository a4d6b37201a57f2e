"""Events and output of a child, brought into the database exactly once.

What is new in its files and how far they were read change in one transaction, which the attempt's token fences: a worker that was killed
before its end has written nothing, one that lost its lease cannot write, and the next one goes on at the same byte.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Attempt, Checkpoint, Job, LogChunk, Metric
from cooldown_api.jobs.events import append_event
from cooldown_api.worker.progress import Speed, progress_after
from cooldown_api.worker.tail import Lines, read_lines

_LONGEST_LOG_LINE = 16 << 10
_LINES_OF_A_CHUNK = 200
MOST_LOG_BYTES = 64 << 20
"""Of one attempt: more of its output stands in its folder only, and the log says so."""


@dataclass
class News:
    """What a child wrote since it was last read."""

    events: Lines
    logs: Lines

    def __bool__(self) -> bool:
        return bool(self.events.lines or self.logs.lines)

    @property
    def more(self) -> bool:
        return self.events.more or self.logs.more


@dataclass
class Reader:
    """How far the files of one attempt were read, and what that says of its speed."""

    events_path: Path
    logs_path: Path
    events_offset: int = 0
    logs_offset: int = 0
    speed: Speed = field(default_factory=Speed)

    def read(self, *, ended: bool = False) -> News:
        """What is new. ``ended``: the child is dead, so an output's last line may lack its end; such an event is none."""
        return News(
            read_lines(self.events_path, self.events_offset),
            read_lines(self.logs_path, self.logs_offset, ended=ended),
        )

    def move(self, news: News) -> None:
        """Go on after that: called when it is in the database."""
        self.events_offset, self.logs_offset = news.events.offset, news.logs.offset


def store(session: Session, job: Job, attempt: Attempt, news: News, speed: Speed, *, now: datetime) -> None:
    """Bring what is new into the database; job and attempt are locked, and the attempt is held."""
    events = list(parse(news.events.lines))
    for event in without_old_progress(events):
        append_event(
            session,
            job,
            event["type"][:24],
            {key: value for key, value in event.items() if key not in ("type", "path")},
            time=_moment(event, now),
            attempt=attempt.number,
        )
    for event in events:
        after = progress_after(job.progress, event, speed)
        if after is not None:
            job.progress = after
    _store_metrics(session, job, attempt, events, now)
    _store_checkpoints(session, job, attempt, events, now)
    _store_logs(session, job, attempt, news.logs, now)
    attempt.events_offset, attempt.logs_offset = news.events.offset, news.logs.offset
    if events:
        attempt.progress_at = now
        job.updated_at = now


def parse(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """Events from their lines. A line that is none becomes a message that says so: nothing is lost in silence."""
    for line in lines:
        if not line:
            continue
        try:
            event = msgspec.json.decode(line)
            if (
                isinstance(event, dict)
                and isinstance(event.get("type"), str)
                and isinstance(event.get("stage"), str)
            ):
                yield clean(event)
                continue
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        yield {
            "type": "message",
            "stage": "attempt",
            "level": "warning",
            "text": f"a line of {len(line)} bytes among the events is none: {line[:80].decode(errors='replace')}".replace(
                "\x00", "�"
            ),
        }


def clean(value: Any) -> Any:
    """Without what Postgres cannot keep in JSON: NUL characters, and numbers that are none."""
    if isinstance(value, str):
        return value.replace("\x00", "�") if "\x00" in value else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {clean(key): clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [clean(inner) for inner in value]
    return value


def without_old_progress(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Progress that the same batch already overtakes is not kept: it says where the work stands, and it does not stand there any more."""
    last = {
        (event["stage"], event.get("detail")): number
        for number, event in enumerate(events)
        if event["type"] == "progress"
    }
    for number, event in enumerate(events):
        if event["type"] != "progress" or last[event["stage"], event.get("detail")] == number:
            yield event


def mark_removed_checkpoints(session: Session, job_id: str, *, now: datetime) -> None:
    """Note which checkpoints are no more on the disk: training keeps the newest few, and the export none."""
    rows = session.scalars(
        select(Checkpoint).where(Checkpoint.job_id == job_id, Checkpoint.removed_at.is_(None))
    )
    for row in rows:
        if not Path(row.path).is_dir():
            row.removed_at = now


def _moment(event: dict[str, Any], now: datetime) -> datetime:
    time = event.get("time")
    try:
        return datetime.fromtimestamp(float(time), UTC) if time is not None else now
    except (TypeError, ValueError, OverflowError, OSError):
        return now


def _insert(session: Session, table: Any) -> Any:
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


def _store_metrics(
    session: Session, job: Job, attempt: Attempt, events: list[dict[str, Any]], now: datetime
) -> None:
    """A step that is done again after a resume replaces what was there."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for event in events:
        if event["type"] == "metric" and isinstance(event.get("step"), int):
            values = {
                name: float(value)
                for name, value in (event.get("values") or {}).items()
                if isinstance(value, int | float)
            }
            rows[event["stage"], event["step"]] = {
                "project_id": job.project_id,
                "job_id": job.id,
                "stage": event["stage"][:24],
                "step": event["step"],
                "attempt": attempt.number,
                "time": _moment(event, now),
                "values": values,
            }
    if not rows:
        return
    statement = _insert(session, Metric)
    changed = {name: statement.excluded[name] for name in ("attempt", "time", "values")}
    session.execute(
        statement.on_conflict_do_update(index_elements=["job_id", "stage", "step"], set_=changed),
        list(rows.values()),
    )


def _store_checkpoints(
    session: Session, job: Job, attempt: Attempt, events: list[dict[str, Any]], now: datetime
) -> None:
    told = {event["step"]: event for event in events if event["type"] == "checkpoint" and "step" in event}
    if not told:
        return
    statement = _insert(session, Checkpoint)
    changed = {
        name: statement.excluded[name]
        for name in ("attempt", "metrics", "bytes", "path", "created_at", "removed_at")
    }
    rows = [
        {
            "id": new_id("ckpt"),
            "project_id": job.project_id,
            "job_id": job.id,
            "attempt": attempt.number,
            "step": step,
            "metrics": {"loss": event["loss"]} if event.get("loss") is not None else {},
            "bytes": int(event.get("bytes") or 0),
            "path": str(event.get("path", "")),
            "created_at": _moment(event, now),
            "removed_at": None,
        }
        for step, event in sorted(told.items())
    ]
    session.execute(statement.on_conflict_do_update(index_elements=["job_id", "step"], set_=changed), rows)
    session.flush()
    mark_removed_checkpoints(session, job.id, now=now)


def _store_logs(session: Session, job: Job, attempt: Attempt, read: Lines, now: datetime) -> None:
    lines = [_log_line(line) for line in read.lines]
    start = attempt.logs_offset
    if start >= MOST_LOG_BYTES:
        return
    if read.offset >= MOST_LOG_BYTES:
        lines.append(
            f"(more than {MOST_LOG_BYTES >> 20} MiB: the rest stands in the folder of the attempt only)"
        )
    for first in range(0, len(lines), _LINES_OF_A_CHUNK):
        part = lines[first : first + _LINES_OF_A_CHUNK]
        session.add(
            LogChunk(
                project_id=job.project_id,
                job_id=job.id,
                seq=job.log_seq + 1,
                attempt=attempt.number,
                time=now,
                lines=part,
            )
        )
        job.log_seq += len(part)


def _log_line(line: bytes) -> str:
    text = line[:_LONGEST_LOG_LINE].decode("utf-8", "replace").rstrip("\r").replace("\x00", "�")
    left = len(line) - _LONGEST_LOG_LINE
    return text if left <= 0 else f"{text} … ({left} bytes more)"
