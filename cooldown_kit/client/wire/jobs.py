"""Jobs: what is asked for, where they stand, and every try."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from cooldown_kit.client.states import ENDED, Reason, State
from cooldown_kit.client.wire.bodies import Answer, Request
from cooldown_kit.client.wire.names import DatasetReference, Executor, Kind, Labels, RecipeContent
from cooldown_kit.client.wire.results import JobResult
from cooldown_kit.client.wire.words import Open


class JobCreate(Request):
    """What to run: a ``recipe`` (with a ``dataset`` where its documents are already there), or a ``plan`` that was shown."""

    recipe: RecipeContent | None = None
    plan: str | None = Field(default=None, max_length=40)
    """Id of a plan that succeeded: its documents and its resolved options are what runs."""
    dataset: DatasetReference | None = None
    """Documents to use in place of the recipe's sources."""
    gpus: Literal["auto"] | Annotated[int, Field(ge=0, le=64)] = "auto"
    """`auto`: one where there is any worker with GPUs, else none."""
    priority: int = Field(default=50, ge=0, le=100)
    """Higher ones go first."""
    executor: Executor = "local"
    max_duration_seconds: int | None = Field(default=None, ge=1, le=366 * 86400)
    """Of running, over all attempts; then a checkpoint is saved and the job ends."""
    max_attempts: int | None = Field(default=None, ge=1, le=100)
    metadata: Labels = {}
    """Labels of yours: 16 at most."""


class JobRerun(Request):
    """What another try of a job does otherwise; what is left out stays. It goes on from the stages that are done."""

    priority: int | None = Field(default=None, ge=0, le=100)
    gpus: Annotated[int, Field(ge=0, le=64)] | None = None
    max_duration_seconds: int | None = Field(default=None, ge=1, le=366 * 86400)


class Progress(Answer):
    """What it does now."""

    stage: str
    detail: str = ""
    done: float | None = None
    total: float | None = None
    unit: str = ""
    step: int | None = None
    """Of training."""
    steps: int | None = None
    seconds_left: float | None = None
    """Of training, at the speed so far."""


class JobError(Answer):
    """Why a job failed, for the person who can act."""

    code: Open[Reason]
    message: str
    where: str | None = None
    remedy: str | None = None


class Attempt(Answer):
    """One try."""

    number: int
    state: Open[Literal["starting", "running", "stopping", "ended"]]
    reason: Open[Reason]
    detail: str = ""
    worker: str
    executor: Open[Executor]
    gpus: list[str]
    started_at: datetime
    ended_at: datetime | None
    exit_status: int | None


class Job(Answer):
    """A job, a plan or the making of a dataset."""

    id: str
    object: Literal["job"] = "job"
    kind: Open[Kind]
    name: str
    project: str
    state: Open[State]
    reason: Open[Reason]
    detail: str = ""
    wanted: Open[Literal["run", "pause", "cancel"]]
    """What was asked for last; the state follows."""
    priority: int
    gpus: int
    executor: Open[Executor]
    attempt: int
    max_attempts: int
    max_duration_seconds: int
    metadata: dict[str, str]
    progress: Progress | None = None
    error: JobError | None = None
    result: JobResult | None = None
    plan: str | None = None
    dataset: str | None = None
    study: str | None = None
    arm: str | None = None
    rerun_of: str | None = None
    created_by: str
    created_at: datetime
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    estimated_finish_at: datetime | None = None
    details_removed_at: datetime | None = None
    """When its events, metrics and log lines were removed, since it had ended long ago."""

    @property
    def ended(self) -> bool:
        """For good, also in a state that this version does not know."""
        return self.state in ENDED or self.finished_at is not None


class JobDetail(Job):
    """One job with its recipe and its attempts."""

    recipe: dict[str, Any]
    attempts: list[Attempt]
