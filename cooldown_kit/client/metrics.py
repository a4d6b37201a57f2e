"""Metrics of a job as a list of points, or as columns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cooldown_kit.client.wire import MetricPoint


class MetricSeries(list[MetricPoint]):
    """Points in the order of their steps."""

    def __init__(self, points: Iterable[MetricPoint] = (), *, resolution: int = 0, steps: int = 0) -> None:
        super().__init__(points)
        self.resolution = resolution
        self.steps = steps
        """How many steps the points stand for."""

    def to_columns(self) -> dict[str, list[Any]]:
        """Column → one value a point: ``stage``, ``step``, ``time``, ``attempt``, and each measure; ``None`` where a point has none.

        ``pandas.DataFrame(series.to_columns())`` and ``pyarrow.table(series.to_columns())`` take it as it is.
        """
        names = dict.fromkeys(name for point in self for name in point.values)
        columns: dict[str, list[Any]] = {
            "stage": [point.stage for point in self],
            "step": [point.step for point in self],
            "time": [point.time for point in self],
            "attempt": [point.attempt for point in self],
        }
        columns |= {name: [point.values.get(name) for point in self] for name in names}
        return columns
