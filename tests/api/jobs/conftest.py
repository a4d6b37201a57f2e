"""Jobs, workers and GPUs as rows, without any process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Gpu, Job, Project, Worker
from cooldown_api.jobs.claim import Claimant, claim
from cooldown_api.jobs.ending import end_attempt
from cooldown_api.jobs.leases import hold
from cooldown_api.jobs.standing import find_standing
from cooldown_api.jobs.submit import NewJob, submit
from sqlalchemy import select

from cooldown_kit.engine.ending import Ending


@dataclass
class Queue:
    """The queue of one database."""

    database: Database

    def submit(self, project: str = "alpha", **more: Any) -> str:
        given = {
            "kind": "run",
            "name": "job",
            "recipe": {},
            "priority": 50,
            "gpus": 0,
            "executor": "local",
            "max_attempts": 3,
            "max_duration_seconds": 3600,
            "created_by": "test",
        }
        with self.database.write(ALL_PROJECTS) as session:
            standing = find_standing(self.database, session, project)
            return submit(session, standing, NewJob(**{**given, **more})).id

    def claimant(
        self, name: str = "w1", *, slots: int = 100, gpus: tuple[str, ...] = (), **more: Any
    ) -> Claimant:
        given = {"host_id": f"host-{name}", "executors": ("local", "ray"), "lease_seconds": 30.0}
        return Claimant(worker_id=name, slots=slots, gpus=gpus, **{**given, **more})

    def claim(self, claimant: Claimant, now: datetime | None = None) -> str | None:
        """Id of the job that was taken."""
        with self.database.write(ALL_PROJECTS) as session:
            taken = claim(
                session,
                self.database,
                claimant,
                lambda job, number: Path("/attempts") / job.id / str(number),
                now=now or self.database.now(session),
            )
            return None if taken is None else taken[0].id

    def end(self, job_id: str, **more: Any) -> None:
        """End the newest attempt of a job, as its worker would."""
        given: dict[str, Any] = {
            "ending": Ending(status="succeeded", reason="finished"),
            "retry_seconds": 10.0,
        }
        with self.database.write(ALL_PROJECTS) as session:
            attempt = session.scalars(
                select(Attempt).where(Attempt.job_id == job_id, Attempt.state != "ended")
            ).one()
            held = hold(session, attempt.id, attempt.token)
            assert held is not None
            end_attempt(session, *held, now=self.database.now(session), **{**given, **more})

    def add_gpus(self, host: str, *uuids: str) -> None:
        with self.database.write(ALL_PROJECTS) as session:
            for uuid in uuids:
                session.add(
                    Gpu(
                        uuid=uuid,
                        host_id=host,
                        name="H100",
                        memory_bytes=1,
                        seen_at=self.database.now(session),
                    )
                )

    def add_worker(self, name: str = "w1", *, slots: int = 1, ago: float = 0.0, **more: Any) -> None:
        with self.database.write(ALL_PROJECTS) as session:
            now = self.database.now(session) - timedelta(seconds=ago)
            given = {"executors": ["local", "ray"], "draining": False, **more}
            session.add(
                Worker(
                    id=name, host_id=f"host-{name}", hostname=name, version="1", started_at=now,
                    heartbeat_at=now, slots=slots, **given,
                )
            )  # fmt: skip

    def project(self, name: str, **changes: Any) -> None:
        with self.database.write(ALL_PROJECTS) as session:
            row = session.get(Project, name)
            for key, value in changes.items():
                setattr(row, key, value)

    def job(self, id: str) -> Job:
        with self.database.read(ALL_PROJECTS) as session:
            return session.scalars(select(Job).where(Job.id == id)).one()

    def attempts(self, id: str) -> list[Attempt]:
        with self.database.read(ALL_PROJECTS) as session:
            return list(session.scalars(select(Attempt).where(Attempt.job_id == id).order_by(Attempt.number)))


@pytest.fixture
def queue(database: Database) -> Queue:
    return Queue(database)
