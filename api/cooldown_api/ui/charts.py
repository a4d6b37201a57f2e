"""The numbers behind the charts of one job, and the course that its learning rate is to take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Job, Metric
from cooldown_api.jobs.buckets import MetricQuery, read_metrics
from cooldown_kit.train.options import TrainOptions
from cooldown_kit.train.schedule import learning_rate, warmup_steps_of

POINTS: Final = 800
_STEPS_A_POINT: Final = 8
"""Read of each range, where a training is long."""
_ROWS: Final = 20
"""Of the table behind the charts."""
_BENDS: Final = 200
"""Points of the planned course."""
_MAIN: Final = ("loss", "learning_rate", "grad_norm", "tokens_per_second")


@dataclass(frozen=True)
class NumberTable:
    """Numbers of some steps, as a table for those who do not see the charts."""

    names: list[str]
    rows: list[tuple[int, list[float | None]]]
    """Step and its numbers, in the order of ``names``."""


def number_table(session: Session, job: Job) -> NumberTable:
    """At most twenty steps, evenly spaced, the first and the last among them: a query of these rows only."""
    of = (Metric.job_id == job.id, Metric.stage == "train")
    low, high = session.execute(select(func.min(Metric.step), func.max(Metric.step)).where(*of)).one()
    if low is None:
        return NumberTable([], [])
    rows = min(high - low + 1, _ROWS)
    steps = {low + round(row * (high - low) / max(rows - 1, 1)) for row in range(rows)}
    found = session.execute(
        select(Metric.step, Metric.values).where(*of, Metric.step.in_(steps)).order_by(Metric.step)
    ).all()
    there = {name for _, values in found for name in values}
    names = [name for name in _MAIN if name in there]
    names += sorted(name for name in there if name.startswith("loss/"))
    return NumberTable(names, [(step, [values.get(name) for name in names]) for step, values in found])


def chart_data(session: Session, job: Job) -> dict[str, Any]:
    """What the script draws: ``points`` of all numbers, ``steps`` of the whole training, ``plan`` of the learning rate.

    Of a long training a point is the mean of a few steps of its range, so that at most some thousand rows are read.
    """
    latest = session.execute(
        select(Metric.step, Metric.values)
        .where(Metric.job_id == job.id, Metric.stage == "train")
        .order_by(Metric.step.desc())
        .limit(1)
    ).first()
    if latest is None:
        return {"steps": None, "points": [], "plan": None}
    step, values = latest
    every = max(1, step // (POINTS * _STEPS_A_POINT))
    _, points = read_metrics(session, MetricQuery(job_id=job.id, stage="train", every=every), POINTS)
    whole = _whole(job, step)
    return {
        "steps": whole,
        "points": [{"step": p.step, "attempt": p.attempt, "values": p.values} for p in points],
        "plan": _plan(job, whole, step, values.get("learning_rate")),
    }


def _whole(job: Job, latest: int) -> int | None:
    steps = (job.progress or {}).get("steps")
    return int(steps) if steps else latest if job.finished_at else None


def _plan(job: Job, steps: int | None, step: int, rate: float | None) -> dict[str, Any] | None:
    """The learning rate by step as the schedule has it, and where its decay begins."""
    if not steps or steps < 2:
        return None
    options = TrainOptions.model_validate(job.recipe.get("train") or {})
    warmup = warmup_steps_of(options.warmup, steps)
    asked = options.learning_rate
    peak = _peak(step, rate, steps, warmup, options) if asked == "auto" else asked
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
