"""The mixture of a job: what was planned, and what training has consumed of it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Event, Job, Metric
from cooldown_api.jobs.events import select_events

_TOKENS: Final = "tokens/"
_MOST_SUMS: Final = 256
_sums: dict[tuple[str, int, tuple[str, ...]], tuple[int, list[float]]] = {}
"""Job, attempt and sources → up to which step, and the sums. Another attempt may do steps again, so it is summed anew."""
_LOOKED_AT: Final = 40
"""Steps whose sources are looked at where nothing says which there are."""


@dataclass(frozen=True)
class MixtureLine:
    """One share of the mixture."""

    name: str
    group: str
    planned: float | None
    """Share that was asked for."""
    consumed: float | None
    """Share of the trained tokens so far; none before the first step."""
    tokens: float
    """Trained tokens so far."""
    planned_tokens: float | None
    epochs: float | None


def mixture(session: Session, job: Job) -> list[MixtureLine]:
    """Every share: from the mixture as it was made, else from the plan, else from the recipe."""
    planned = _made(session, job) or _of_plan(session, job) or _of_recipe(job)
    names = list(dict.fromkeys([*planned, *_sources_read(session, job)]))
    if not names:
        return []
    consumed = _consumed(session, job, names)
    whole = sum(consumed.values())
    return [
        MixtureLine(
            name=name,
            group=str(planned.get(name, {}).get("group", "")),
            planned=planned.get(name, {}).get("share"),
            consumed=consumed[name] / whole if whole else None,
            tokens=consumed[name],
            planned_tokens=planned.get(name, {}).get("tokens"),
            epochs=planned.get(name, {}).get("epochs"),
        )
        for name in names
    ]


def _made(session: Session, job: Job) -> dict[str, Mapping[str, Any]]:
    """Shares of the mixture that the newest attempt made."""
    rows = session.scalars(
        select_events(job.id, types=("stage_finished",))
        .with_only_columns(Event.data)
        .order_by(Event.seq.desc())
        .limit(50)
    )
    for data in rows:
        if data.get("stage") == "mix":
            sources = (data.get("summary") or {}).get("sources") or []
            return {one["name"]: {**one, "share": one.get("share_asked")} for one in sources}
    return {}


def _of_plan(session: Session, job: Job) -> dict[str, Mapping[str, Any]]:
    plan = job if job.kind == "plan" else session.get(Job, job.plan_id) if job.plan_id else None
    shown = ((plan.result or {}).get("plan") or {}) if plan is not None else {}
    return {share["name"]: share for share in shown.get("shares", ())}


def _of_recipe(job: Job) -> dict[str, Mapping[str, Any]]:
    shares = (job.recipe.get("mix") or {}).get("shares") or {}
    return {
        name: {"group": group, "share": _number(share)}
        for group, names in shares.items()
        for name, share in names.items()
    }


def _number(share: Any) -> float | None:
    return float(share) if isinstance(share, int | float) else None


def _sources_read(session: Session, job: Job) -> list[str]:
    rows = session.scalars(
        select(Metric.values)
        .where(Metric.job_id == job.id, Metric.stage == "train")
        .order_by(Metric.step.desc())
        .limit(_LOOKED_AT)
    )
    return sorted({key.removeprefix(_TOKENS) for values in rows for key in values if key.startswith(_TOKENS)})


def _consumed(session: Session, job: Job, names: list[str]) -> dict[str, float]:
    """Sums over all steps, in the database; of steps that were summed before only the sum is looked at again."""
    key = (job.id, job.attempt, tuple(names))
    upto, known = _sums.get(key, (0, [0.0] * len(names)))
    columns = [func.sum(Metric.values[f"{_TOKENS}{name}"].as_float()) for name in names]
    newest, *more = session.execute(
        select(func.max(Metric.step), *columns).where(
            Metric.job_id == job.id, Metric.stage == "train", Metric.step > upto
        )
    ).one()
    if newest is not None:
        known = [before + float(value or 0) for before, value in zip(known, more, strict=True)]
        while len(_sums) >= _MOST_SUMS:
            _sums.pop(next(iter(_sums)), None)
        _sums[key] = (newest, known)
    return dict(zip(names, known, strict=True))
