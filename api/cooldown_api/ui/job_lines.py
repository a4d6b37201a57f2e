"""Jobs as lists and heads show them: the row, and what its progress comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Job
from cooldown_api.jobs.search import LISTED
from cooldown_api.pages import Cursor, select_page
from cooldown_api.reading.views import estimated_finish
from cooldown_api.ui import formats, wording
from cooldown_kit.client import wire
from cooldown_kit.client.states import ACTIVE, ENDED, State

KINDS: Final = {"": "Runs and datasets", "run": "Runs", "dataset": "Datasets", "plan": "Plans"}
"""Plans are asked for: their ids sort by themselves."""
STATES: Final = {
    "": "All",
    "waiting": "Waiting",
    "active": "At work",
    "ended": "Ended",
    **{state.value: wording.STATES[state] for state in State},
}
_GROUPS: Final = {"waiting": {State.QUEUED, State.PAUSED}, "active": ACTIVE, "ended": ENDED}
_PAGE: Final = 25
_SHORT: Final = 140


@dataclass(frozen=True)
class JobLine:
    """One job."""

    row: Job
    progress: wire.Progress | None

    @property
    def state(self) -> State:
        return State(self.row.state)

    @property
    def working(self) -> bool:
        return self.state in (State.STARTING, State.RUNNING)

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def fraction(self) -> float | None:
        """How much of what it does now is done, 0 to 1: of training its steps."""
        if self.state is State.SUCCEEDED:
            return 1.0
        done = self.progress
        if done is None or self.state is State.QUEUED:
            return None
        if _trains(done) and done.step is not None and done.steps:
            return min(done.step / done.steps, 1.0)
        if done.done is not None and done.total:
            return min(done.done / done.total, 1.0)
        return None

    @property
    def finish_at(self) -> datetime | None:
        """When it will be done at its present speed."""
        return estimated_finish(self.row) if self.state is State.RUNNING else None

    @property
    def doing(self) -> str:
        """What it does, in a few words; of one that failed, why."""
        if self.state is State.FAILED and self.row.error:
            return _cut(str(self.row.error.get("message", "")))
        if self.ended or self.progress is None or self.state is State.QUEUED:
            return _cut(self.row.detail)
        now = self.progress
        text = wording.stage(now.stage)
        if _trains(now) and now.step is not None and now.steps:
            return f"{text}: step {now.step:,} of {now.steps:,}"
        if now.detail:
            text += f" {_cut(now.detail)}"
        if now.done is not None:
            total = f" of {formats.short(now.total)}" if now.total else ""
            text += f": {formats.short(now.done)}{total} {now.unit}"
        return text


def line(row: Job) -> JobLine:
    known = {name: value for name, value in (row.progress or {}).items() if value is not None}
    return JobLine(row, wire.Progress.model_validate(known) if known else None)


@dataclass(frozen=True)
class Wanted:
    """What part of the list is asked for."""

    state: str = ""
    kind: str = ""
    text: str = ""
    after: str = ""

    @property
    def any(self) -> bool:
        return bool(self.state or self.kind or self.text)

    @property
    def first(self) -> str:
        """The query of the first page."""
        return self._query()

    def next(self, last: str) -> str:
        """The query of the page behind a job."""
        return self._query(after=last)

    @property
    def rows(self) -> str:
        """The query of this page's rows alone."""
        return self._query(after=self.after, part="rows")

    def _query(self, **more: str) -> str:
        given = {"state": self.state, "kind": self.kind, "text": self.text, **more}
        kept = {name: value for name, value in given.items() if value}
        return "?" + urlencode(kept) if kept else ""


@dataclass(frozen=True)
class Listed:
    jobs: list[JobLine]
    has_more: bool
    last: str


def list_jobs(session: Session, wanted: Wanted) -> Listed:
    """One page of the project's jobs, newest first."""
    query = select(Job).where(Job.kind.in_([wanted.kind] if wanted.kind else LISTED))
    if wanted.state:
        states = _GROUPS.get(wanted.state, {wanted.state})
        query = query.where(Job.state.in_([str(state) for state in states]))
    if wanted.text:
        part = wanted.text.strip().replace("\0", "").lower()
        places = (Job.name, Job.created_by, Job.id, cast(Job.labels, String))
        query = query.where(or_(*(func.lower(place).contains(part, autoescape=True) for place in places)))
    rows, more = select_page(session, query, Job.id, Cursor(wanted.after or None, _PAGE))
    return Listed([line(row) for row in rows], more, rows[-1].id if rows else "")


def _trains(progress: wire.Progress) -> bool:
    """Later stages still tell of the last step."""
    return progress.stage == "train"


def _cut(text: str) -> str:
    return text if len(text) <= _SHORT else text[:_SHORT] + "…"
