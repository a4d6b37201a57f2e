"""The tables. What belongs to a project is :class:`Owned`: a session sees the rows of its project only (`scoping.py`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import ForeignKey, Index, MetaData, String, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from cooldown_api.database.types import Big, Instant, Json


class Table(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        dict[str, Any]: Json,
        list[str]: Json,
        list[Any]: Json,
        str: Text,
    }


class Owned:
    """A row of one project."""

    @declared_attr
    def project_id(cls) -> Mapped[str]:  # noqa: N805 - SQLAlchemy gives it the class
        return mapped_column(String(64), ForeignKey("projects.id"), index=True)


class Project(Table):
    __tablename__ = "projects"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    weight: Mapped[float] = mapped_column(default=1.0)
    """Fair share: a project of weight 2 gets twice the machines of one with weight 1, where both want more than there is."""
    max_running: Mapped[int | None]
    max_queued: Mapped[int | None]
    gpu_hours_per_month: Mapped[float | None]
    job_hours_per_month: Mapped[float | None]
    storage_bytes: Mapped[int | None] = mapped_column(Big)


class ApiKey(Owned, Table):
    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the secret half: it has 256 bits of chance, so nothing slower is needed."""
    role: Mapped[str] = mapped_column(String(16))
    platform: Mapped[bool] = mapped_column(default=False)
    """Whether it may choose any project, and with the role `admin` do what concerns all of them."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class BrowserSession(Table):
    """A signed-in browser. The cookie holds a random value, this table its digest."""

    __tablename__ = "browser_sessions"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    principal: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Job(Owned, Table):
    """A recipe that is to be run, planned, or kept as a dataset (`kind`). Each try is an :class:`Attempt`."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_claim", "state", "priority", "queued_at"),
        Index("ix_jobs_project_kind", "project_id", "kind", "id"),
        Index("ix_jobs_retention", "details_cleared_at", "finished_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(default="")
    wanted: Mapped[str] = mapped_column(String(8), default="run")
    """What people want of it: `run`, `pause` or `cancel`; the worker makes it so."""
    priority: Mapped[int] = mapped_column(default=50)
    gpus: Mapped[int] = mapped_column(default=0)
    executor: Mapped[str] = mapped_column(String(16), default="local")
    max_attempts: Mapped[int]
    max_duration_seconds: Mapped[int]
    """Of running, over all attempts."""
    ran_seconds: Mapped[float] = mapped_column(default=0.0)
    """Of the attempts that ended."""
    failures: Mapped[int] = mapped_column(default=0)
    """Attempts that ended by no wish of anybody: these count against `max_attempts`."""
    attempt: Mapped[int] = mapped_column(default=0)
    """Number of the newest attempt; 0 before the first."""
    event_seq: Mapped[int] = mapped_column(Big, default=0)
    log_seq: Mapped[int] = mapped_column(Big, default=0)
    recipe: Mapped[dict[str, Any]]
    """As validated, secrets by reference only."""
    labels: Mapped[dict[str, Any]]
    """`metadata` on the wire."""
    progress: Mapped[dict[str, Any] | None] = mapped_column(Json)
    error: Mapped[dict[str, Any] | None] = mapped_column(Json)
    result: Mapped[dict[str, Any] | None] = mapped_column(Json)
    facade: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """What an OpenAI client asked for, to be given back in its words."""
    plan_id: Mapped[str | None] = mapped_column(String(40))
    dataset_id: Mapped[str | None] = mapped_column(String(40))
    study_id: Mapped[str | None] = mapped_column(String(40), index=True)
    arm: Mapped[str | None] = mapped_column(String(64))
    rerun_of: Mapped[str | None] = mapped_column(String(40))
    created_by: Mapped[str]
    request_id: Mapped[str | None] = mapped_column(String(64))
    traceparent: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    queued_at: Mapped[datetime]
    not_before: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    details_removed_at: Mapped[datetime | None]
    """Since when its events, metrics and log lines are not all there any more."""
    details_cleared_at: Mapped[datetime | None]
    """When the last of them went: a removal that was interrupted goes on until then."""
    updated_at: Mapped[datetime]


class Attempt(Owned, Table):
    """One try of a job, on one machine, by one child process."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("job_id", "number"),
        Index("ix_attempts_lease", "state", "lease_expires_at"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(40), ForeignKey("jobs.id"), index=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    """`starting`, `running`, `stopping`, `ended`."""
    reason: Mapped[str] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(default="")
    executor: Mapped[str] = mapped_column(String(16))
    worker_id: Mapped[str] = mapped_column(String(64))
    host_id: Mapped[str] = mapped_column(String(128))
    token: Mapped[int] = mapped_column(Big)
    """Fencing: grows with every owner; a write with an old one changes nothing."""
    lease_expires_at: Mapped[datetime]
    folder: Mapped[str]
    child: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Identity of the process: pid, its start time, the boot, the pid namespace."""
    gpus: Mapped[list[str]]
    events_offset: Mapped[int] = mapped_column(Big, default=0)
    """Bytes of `events.jsonl` that stand in the database."""
    logs_offset: Mapped[int] = mapped_column(Big, default=0)
    started_at: Mapped[datetime]
    running_at: Mapped[datetime | None]
    progress_at: Mapped[datetime]
    """When its work last moved."""
    stop_at: Mapped[datetime | None]
    """When it was asked to stop."""
    stop_for: Mapped[str | None] = mapped_column(String(32))
    """Why it was asked to stop: a reason."""
    ended_at: Mapped[datetime | None]
    exit_status: Mapped[int | None]


class Worker(Table):
    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    host_id: Mapped[str] = mapped_column(String(128))
    hostname: Mapped[str]
    version: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]
    slots: Mapped[int]
    executors: Mapped[list[str]]
    draining: Mapped[bool] = mapped_column(default=False)
    process: Mapped[dict[str, Any] | None] = mapped_column(Json)
    """Its identity: another worker of its host sees when it is dead, and need not wait for its leases."""


class Gpu(Table):
    """A GPU of a machine, and who has it."""

    __tablename__ = "gpus"

    uuid: Mapped[str] = mapped_column(String(64), primary_key=True)
    host_id: Mapped[str] = mapped_column(String(128), index=True)
    name: Mapped[str]
    memory_bytes: Mapped[int] = mapped_column(Big)
    seen_at: Mapped[datetime]
    attempt_id: Mapped[str | None] = mapped_column(String(40), index=True)


FREQUENT_EVENTS: Final = frozenset({"metric", "progress"})
"""Types of which a job may have hundreds of thousands."""
IS_RARE: Final = text("type NOT IN ('metric', 'progress')")
"""As the condition of an index and of the queries that it serves: in plain letters, since a database that sees parameters cannot know that they fit."""


class Event(Owned, Table):
    """What happened to a job, numbered without gaps. The payload is the core's event as it came, or a change of state."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_rare", "job_id", "seq", sqlite_where=IS_RARE, postgresql_where=IS_RARE),
    )

    job_id: Mapped[str] = mapped_column(String(40), ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Big, primary_key=True)
    attempt: Mapped[int]
    time: Mapped[datetime]
    type: Mapped[str] = mapped_column(String(24))
    data: Mapped[dict[str, Any]]


class Metric(Owned, Table):
    """Numbers of one step; a step that was done again after a resume stands once."""

    __tablename__ = "metrics"

    job_id: Mapped[str] = mapped_column(String(40), ForeignKey("jobs.id"), primary_key=True)
    stage: Mapped[str] = mapped_column(String(24), primary_key=True)
    step: Mapped[int] = mapped_column(Big, primary_key=True)
    attempt: Mapped[int]
    time: Mapped[datetime]
    values: Mapped[dict[str, Any]]


class LogChunk(Owned, Table):
    """Lines that a child wrote to its output, in their order."""

    __tablename__ = "log_chunks"

    job_id: Mapped[str] = mapped_column(String(40), ForeignKey("jobs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Big, primary_key=True)
    """Number of its first line."""
    attempt: Mapped[int]
    time: Mapped[datetime]
    lines: Mapped[list[str]]


class Checkpoint(Owned, Table):
    __tablename__ = "checkpoints"
    __table_args__ = (UniqueConstraint("job_id", "step"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(40), ForeignKey("jobs.id"), index=True)
    attempt: Mapped[int]
    step: Mapped[int] = mapped_column(Big)
    metrics: Mapped[dict[str, Any]]
    bytes: Mapped[int] = mapped_column(Big)
    path: Mapped[str]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    """When its files were seen to be gone: later checkpoints replaced it, or the finished model did."""


class Artefact(Owned, Table):
    """A file of a job's result in the store of artefacts."""

    __tablename__ = "artefacts"

    job_id: Mapped[str] = mapped_column(String(40), ForeignKey("jobs.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(512), primary_key=True)
    """Relative path: `model/model.safetensors`."""
    bytes: Mapped[int] = mapped_column(Big)
    sha256: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime]


class Dataset(Owned, Table):
    """A named version of harvested and curated documents."""

    __tablename__ = "datasets"
    __table_args__ = (UniqueConstraint("project_id", "name", "version"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    job_id: Mapped[str] = mapped_column(String(40), ForeignKey("jobs.id"), index=True)
    recipe: Mapped[dict[str, Any]]
    folder: Mapped[str]
    digest: Mapped[str | None] = mapped_column(String(64))
    summary: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    """Its documents are gone; the row stays, so that no later version gets its number."""

    @property
    def reference(self) -> str:
        """``billing@v3``: what jobs say."""
        return f"{self.name}@v{self.version}"


class Study(Owned, Table):
    """Arms times seeds of one recipe: jobs that are compared."""

    __tablename__ = "studies"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    recipe: Mapped[dict[str, Any]]
    arms: Mapped[dict[str, Any]]
    seeds: Mapped[list[Any]]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class Usage(Owned, Table):
    """A hold when a job is submitted, its settlement when it ended."""

    __tablename__ = "usage"
    __table_args__ = (Index("ix_usage_project_month", "project_id", "month"),)

    job_id: Mapped[str] = mapped_column(String(40), primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    """`2026-11`, UTC: when it was submitted."""
    held_job_seconds: Mapped[float] = mapped_column(default=0.0)
    held_gpu_seconds: Mapped[float] = mapped_column(default=0.0)
    used_job_seconds: Mapped[float] = mapped_column(default=0.0)
    used_gpu_seconds: Mapped[float] = mapped_column(default=0.0)
    settled_at: Mapped[datetime | None]


class Idempotency(Owned, Table):
    """What was answered to a key, to be answered again."""

    __tablename__ = "idempotency"
    __table_args__ = (UniqueConstraint("project_id", "route", "key"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    route: Mapped[str] = mapped_column(String(128))
    key: Mapped[str] = mapped_column(String(256))
    request_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Table):
    """Who did what to what. Rows are only ever added: the database itself refuses to change or delete one."""

    __tablename__ = "audit"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    time: Mapped[datetime]
    project_id: Mapped[str | None] = mapped_column(String(64), index=True)
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(48))
    target: Mapped[str]
    ip: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]]


class Webhook(Owned, Table):
    __tablename__ = "webhooks"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str]
    url: Mapped[str]
    event_types: Mapped[list[str]]
    secret: Mapped[str]
    """Encrypted with the service's key: it must be known to sign."""
    old_secret: Mapped[str | None]
    """Still signs beside the new one until `old_until`."""
    old_until: Mapped[datetime | None]
    enabled: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class Delivery(Owned, Table):
    """One event for one webhook, until it is accepted or given up."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "next_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(
        String(40), ForeignKey("webhooks.id", ondelete="CASCADE"), index=True
    )
    type: Mapped[str] = mapped_column(String(48))
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16))
    """`pending`, `delivered`, `failed`."""
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class StoredFile(Owned, Table):
    """A file that was uploaded (OpenAI's `files`)."""

    __tablename__ = "files"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    filename: Mapped[str] = mapped_column(String(256))
    purpose: Mapped[str] = mapped_column(String(32))
    bytes: Mapped[int] = mapped_column(Big)
    sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    status_details: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    """What checking found: rows, kind, first errors."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class Upload(Owned, Table):
    """A file that comes in parts."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    filename: Mapped[str] = mapped_column(String(256))
    purpose: Mapped[str] = mapped_column(String(32))
    mime_type: Mapped[str] = mapped_column(String(128))
    bytes: Mapped[int] = mapped_column(Big)
    status: Mapped[str] = mapped_column(String(16))
    """`pending`, `completing` (its parts are being put together), `completed`, `cancelled`, `expired`."""
    file_id: Mapped[str | None] = mapped_column(String(40))
    file_expires_after: Mapped[int | None]
    """Seconds that the file is to be kept."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class UploadPart(Owned, Table):
    __tablename__ = "upload_parts"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    upload_id: Mapped[str] = mapped_column(String(40), ForeignKey("uploads.id"), index=True)
    bytes: Mapped[int] = mapped_column(Big)
    created_at: Mapped[datetime]
