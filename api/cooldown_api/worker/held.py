"""An attempt that this worker holds: what it remembers of it between two looks."""

from __future__ import annotations

import subprocess
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from cooldown_api.database.tables import Attempt, Job
from cooldown_api.worker.ingest import Reader
from cooldown_api.worker.liveness import Liveness
from cooldown_kit.client.states import Reason, State
from cooldown_kit.engine import process
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.engine.process import Identity


@dataclass
class Held:
    """One attempt under this worker's lease. The database has the truth; what is here is lost without harm."""

    attempt_id: str
    job_id: str
    project: str
    number: int
    kind: str
    executor: str
    gpus: list[str]
    """UUIDs of this machine's."""
    host_id: str
    token: int
    folder: AttemptFolder
    reader: Reader
    liveness: Liveness
    started_at: datetime
    ends_at: datetime
    """When it has run as long as the job may."""
    state: str
    """Of the attempt."""
    stop_for: Reason | None
    stop_at: datetime | None
    child: Identity | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    """Where this worker is the parent."""
    asked: bool = False
    """Whether this worker has told the child to stop."""
    killed_at: datetime | None = None
    restarts: int = 0
    storing: Future[None] | None = field(default=None, repr=False)
    looked_at: datetime | None = None

    @classmethod
    def of(cls, job: Job, attempt: Attempt) -> Held:
        folder = AttemptFolder(Path(attempt.folder))
        left = max(0.0, job.max_duration_seconds - job.ran_seconds)
        held = cls(
            attempt_id=attempt.id,
            job_id=job.id,
            project=job.project_id,
            number=attempt.number,
            kind=job.kind,
            executor=attempt.executor,
            gpus=list(attempt.gpus) if attempt.executor == "local" else [],
            host_id=attempt.host_id,
            token=attempt.token,
            folder=folder,
            reader=Reader(folder.events, folder.output, attempt.events_offset, attempt.logs_offset),
            liveness=Liveness(attempt.progress_at),
            started_at=attempt.started_at,
            ends_at=attempt.started_at + timedelta(seconds=left),
            state=attempt.state,
            stop_for=Reason(attempt.stop_for) if attempt.stop_for else None,
            stop_at=attempt.stop_at,
            child=msgspec.convert(attempt.child, Identity) if attempt.child else None,
        )
        held.liveness.training = bool(job.progress and job.progress.get("stage") == "train")
        return held

    @property
    def here(self) -> bool:
        """Whether its child, if it lives, is a process that this worker can see."""
        return self.host_id == process.host_id()

    def is_alive(self) -> bool:
        """Whether its child lives. Of a child of another host it is taken over only once it is dead."""
        if self.process is not None:
            # its parent knows best: the kernel shows an end before it tells how it came about
            return self.process.poll() is None
        return self.here and self.child is not None and process.alive(self.child)

    @property
    def exit_status(self) -> int | None:
        """Negative: the signal that ended it. Unknown to who is not the parent."""
        return None if self.process is None else self.process.poll()


@dataclass(frozen=True)
class Seen:
    """What the database says of an attempt now."""

    token: int
    job_state: State
    wanted: str
    priority: int
