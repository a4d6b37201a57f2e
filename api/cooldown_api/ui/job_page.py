"""Everything that the page of one job shows, read in one short session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import (
    FREQUENT_EVENTS,
    Artefact,
    Attempt,
    Checkpoint,
    Dataset,
    Event,
    Job,
    Metric,
)
from cooldown_api.jobs.events import select_events
from cooldown_api.ui import formats, wording
from cooldown_api.ui.job_lines import JobLine, line
from cooldown_api.ui.mixture import MixtureLine, mixture
from cooldown_kit.client import wire
from cooldown_kit.client.states import State

LOG_LINES: Final = 500
"""Of the log's end, in the page; the whole is a link."""
_EVENTS: Final = 40
"""Events that the charts and the bar show already."""

REPORT: Final = "report.html"


@dataclass(frozen=True)
class Actions:
    """What may be asked of the job now."""

    pause: bool
    resume: bool
    cancel: bool
    rerun: bool
    run_plan: bool

    @property
    def any(self) -> bool:
        return self.pause or self.resume or self.cancel or self.rerun or self.run_plan


@dataclass(frozen=True)
class JobPage:
    """One job with all that is known of it."""

    line: JobLine
    attempts: Sequence[Attempt]
    events: Sequence[Event]
    latest: Metric | None
    mixture: list[MixtureLine]
    checkpoints: Sequence[Checkpoint]
    artefacts: Sequence[Artefact]
    dataset: str | None
    """The version that it uses, or makes."""
    result: wire.JobResult | None
    error: wire.JobError | None

    @property
    def row(self) -> Job:
        return self.line.row

    @property
    def removed(self) -> bool:
        """Whether its events, metrics and log lines were removed."""
        return self.row.details_removed_at is not None

    @property
    def kept(self) -> str:
        """How long these were kept: in days, where it was one at least."""
        assert self.row.details_removed_at is not None and self.row.finished_at is not None
        seconds = (self.row.details_removed_at - self.row.finished_at).total_seconds()
        days = int(seconds // 86400)
        return formats.duration(seconds) if not days else f"{days:,} day{'s' if days > 1 else ''}"

    @property
    def report(self) -> bool:
        return any(artefact.name == REPORT for artefact in self.artefacts)

    @property
    def plan(self) -> dict[str, Any] | None:
        return self.result.plan if self.result else None

    @property
    def recipe(self) -> str:
        return yaml.safe_dump(self.row.recipe, sort_keys=False, allow_unicode=True, width=100)

    @property
    def ran_seconds(self) -> float:
        """Of the attempts that ended."""
        return self.row.ran_seconds

    def running_seconds(self, now: datetime) -> float:
        """Of all attempts, the live one too."""
        return sum(
            ((attempt.ended_at or now) - attempt.started_at).total_seconds() for attempt in self.attempts
        )


def read_job_page(session: Session, job: Job) -> JobPage:
    """Raises nothing: what is not there yet is empty."""
    of = job.id
    return JobPage(
        line=line(job),
        attempts=session.scalars(
            select(Attempt).where(Attempt.job_id == of).order_by(Attempt.number.desc())
        ).all(),
        events=session.scalars(
            select_events(of, without=FREQUENT_EVENTS).order_by(Event.seq.desc()).limit(_EVENTS)
        ).all(),
        latest=session.scalars(
            select(Metric).where(Metric.job_id == of).order_by(Metric.step.desc()).limit(1)
        ).first(),
        mixture=mixture(session, job),
        checkpoints=session.scalars(
            select(Checkpoint).where(Checkpoint.job_id == of).order_by(Checkpoint.step.desc())
        ).all(),
        artefacts=session.scalars(
            select(Artefact).where(Artefact.job_id == of).order_by(Artefact.name)
        ).all(),
        dataset=_dataset(session, job),
        result=wire.JobResult.model_validate(job.result) if job.result else None,
        error=wire.JobError.model_validate(job.error) if job.error else None,
    )


def _dataset(session: Session, job: Job) -> str | None:
    found = Dataset.id == job.dataset_id if job.dataset_id else Dataset.job_id == job.id
    row = session.scalars(select(Dataset).where(found)).first()
    return row.reference if row else None


def actions(page: JobPage, may_edit: bool) -> Actions:
    state, kind = page.line.state, page.row.kind
    alive = may_edit and not page.line.ended
    return Actions(
        pause=alive and state in (State.QUEUED, State.STARTING, State.RUNNING) and kind == "run",
        resume=alive and (state is State.PAUSED or (state is State.PAUSING and page.row.wanted == "pause")),
        cancel=alive and state is not State.CANCELLING,
        rerun=may_edit and page.line.ended and kind == "run",
        run_plan=may_edit and kind == "plan" and state is State.SUCCEEDED and not _cannot_run(page.plan),
    )


def _cannot_run(plan: dict[str, Any] | None) -> bool:
    return not plan or any(finding.get("level") == "error" for finding in plan.get("findings", ()))


def describe(event: Event) -> str:
    """An event in a line."""
    data = event.data
    kind = event.type
    if kind == "state":
        told = f" ({data['detail']})" if data.get("detail") else ""
        return f"{wording.state(data['state'])}. {wording.reason(data.get('reason', ''))}{told}"
    if kind in ("stage_started", "stage_finished"):
        what = f"{wording.stage(data.get('stage', ''))} {data.get('detail') or ''}".strip()
        if kind == "stage_started":
            return what
        seconds = data.get("seconds")
        took = (
            "kept from before"
            if data.get("cached")
            else f"{seconds:.1f} s"
            if seconds is not None
            else "done"
        )
        return f"{what}: {took}"
    if kind == "checkpoint":
        return f"Checkpoint of step {data.get('step')}"
    if kind == "artefact":
        return f"Made: {data.get('name')}"
    if kind == "message":
        return str(data.get("text", ""))
    return wording.stage(kind)
