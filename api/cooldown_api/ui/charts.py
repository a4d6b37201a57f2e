"""The numbers behind the charts of one job, and the course that its learning rate is to take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Job, Metric
from cooldown_api.jobs.buckets import MetricQuery, read_metrics
from cooldown_kit.client.wire import MetricPoint
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.train.schedule import learning_rate, warmup_steps_of

POINTS: Final = 800
_ROWS: Final = 20
"""Of the table behind the charts."""
_BENDS: Final = 200
"""Points of the planned course."""
_MAIN: Final = ("loss", "learning_rate", "grad_norm", "tokens_per_second")


@dataclass(frozen=True)
class Series:
    """Numbers by step: every one, or means over ranges of steps."""

    steps: int
    points: list[MetricPoint]

    @property
    def names(self) -> list[str]:
        found = {name for point in self.points for name in point.values}
        sources = sorted(name for name in found if name.startswith("loss/"))
        return [name for name in _MAIN if name in found] + sources

    def table(self) -> Iterator[tuple[int, list[float | None]]]:
        """At most twenty rows, the first and the last among them."""
        count = len(self.points)
        rows = min(count, _ROWS)
        places = sorted({round(row * (count - 1) / max(rows - 1, 1)) for row in range(rows)})
        names = self.names
        for place in places:
            point = self.points[place]
            yield point.step, [point.values.get(name) for name in names]


def read_series(session: Session, job: Job, points: int = POINTS) -> Series:
    steps, found = read_metrics(session, MetricQuery(job_id=job.id, stage="train"), points)
    return Series(steps, found)


def chart_data(session: Session, job: Job) -> dict[str, Any]:
    """What the script draws: ``points`` of all numbers, ``steps`` of the whole training, ``plan`` of the learning rate."""
    series = read_series(session, job)
    whole = _whole(job, series)
    return {
        "steps": whole,
        "points": [{"step": p.step, "attempt": p.attempt, "values": p.values} for p in series.points],
        "plan": _plan(session, job, whole),
    }


def _whole(job: Job, series: Series) -> int | None:
    steps = (job.progress or {}).get("steps")
    if steps:
        return int(steps)
    planned = ((job.result or {}).get("plan") or {}).get("steps")
    if planned:
        return int(planned)
    return series.points[-1].step if job.finished_at and series.points else None


def _plan(session: Session, job: Job, steps: int | None) -> dict[str, Any] | None:
    """The learning rate by step as the schedule has it, and where its decay begins; none before the first step is done."""
    latest = session.execute(
        select(Metric.step, Metric.values)
        .where(Metric.job_id == job.id, Metric.stage == "train")
        .order_by(Metric.step.desc())
        .limit(1)
    ).first()
    if latest is None or not steps or steps < 2:
        return None
    options = TrainOptions.model_validate(job.recipe.get("train") or {})
    warmup = warmup_steps_of(options.warmup, steps)
    asked = options.learning_rate
    observed = latest[1].get("learning_rate")
    peak = _peak(latest[0], observed, steps, warmup, options) if asked == "auto" else asked
    if peak is None:
        return None
    stride = max(1, steps // _BENDS)
    places = sorted({*range(1, steps + 1, stride), warmup + 1, steps})
    return {
        "decay_from": None if options.schedule == "constant" else warmup + 1,
        "step": places,
        "learning_rate": [_rate(step, steps, peak, warmup, options) for step in places],
    }


def _peak(step: int, rate: float | None, steps: int, warmup: int, options: TrainOptions) -> float | None:
    """What `auto` became: read off the step that ran last, where the decay ends at zero."""
    if rate is None or options.final_learning_rate or not 1 <= step <= steps:
        return None
    part = _rate(step, steps, 1.0, warmup, options)
    return rate / part if part > 0 else None


def _rate(step: int, steps: int, peak: float, warmup: int, options: TrainOptions) -> float:
    return learning_rate(
        step - 1,
        steps=steps,
        peak=peak,
        final=min(options.final_learning_rate, peak),
        warmup_steps=warmup,
        shape=options.schedule,
    )
