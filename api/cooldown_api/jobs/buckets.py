"""Metrics at a resolution: means over ranges of steps, in memory that does not grow with the number of steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Metric
from cooldown_kit.client.wire import MetricPoint

_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, kw_only=True)
class MetricQuery:
    """Which numbers of a job. Steps are inclusive."""

    job_id: str
    stage: str | None = None
    keys: Sequence[str] = ()
    step_from: int | None = None
    step_to: int | None = None
    every: int = 1
    """Of a long training, read only the steps that are multiples of this."""

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = [Metric.job_id == self.job_id]
        if self.stage is not None:
            found.append(Metric.stage == self.stage)
        if self.step_from is not None:
            found.append(Metric.step >= self.step_from)
        if self.step_to is not None:
            found.append(Metric.step <= self.step_to)
        if self.every > 1:
            found.append(Metric.step % self.every == 0)
        return found


def read_metrics(session: Session, query: MetricQuery, resolution: int) -> tuple[int, list[MetricPoint]]:
    """How many steps there are, and at most ``resolution`` points for each stage, in the order of stages and steps.

    Where a stage has more steps, its range is cut into ``resolution`` equal ones; a point is the mean of each number over the steps
    of its range that have it, and stands at the last of them.
    """
    extents = session.execute(
        select(Metric.stage, func.count(), func.min(Metric.step), func.max(Metric.step))
        .where(*query.conditions)
        .group_by(Metric.stage)
        .order_by(Metric.stage)
    ).all()
    points: list[MetricPoint] = []
    for stage, count, low, high in extents:
        width = 1 if count <= resolution else (high - low + resolution) // resolution
        points += _points(session, query, stage, low, width, split=count <= resolution)
    return sum(count for _, count, _, _ in extents), points


@dataclass
class _Bucket:
    number: int
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    last: Any = None

    def add(self, row: Any, values: dict[str, float]) -> None:
        self.last = row
        for key, value in values.items():
            self.sums[key] = self.sums.get(key, 0.0) + value
            self.counts[key] = self.counts.get(key, 0) + 1

    def point(self, stage: str) -> MetricPoint:
        time: datetime = self.last.time
        means = {key: total / self.counts[key] for key, total in self.sums.items()}
        return MetricPoint(
            stage=stage, step=self.last.step, time=time, attempt=self.last.attempt, values=means
        )


def _points(
    session: Session, query: MetricQuery, stage: str, low: int, width: int, *, split: bool
) -> Iterator[MetricPoint]:
    """``split``: every step is a point of its own."""
    statement = (
        select(Metric.step, Metric.time, Metric.attempt, Metric.values)
        .where(*query.conditions, Metric.stage == stage)
        .order_by(Metric.step)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    bucket: _Bucket | None = None
    for row in session.execute(statement):
        number = row.step if split else (row.step - low) // width
        if bucket is not None and bucket.number != number:
            yield bucket.point(stage)
            bucket = None
        if bucket is None:
            bucket = _Bucket(number)
        bucket.add(row, _wanted(row[3], query.keys))
    if bucket is not None:
        yield bucket.point(stage)


def _wanted(values: dict[str, Any], keys: Sequence[str]) -> dict[str, float]:
    return {
        key: float(value)
        for key, value in values.items()
        if isinstance(value, int | float) and (not keys or key in keys)
    }
