"""Rows as workers and people make them, for tests of routes that read."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cooldown_api.database.ids import new_id
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Artefact, Attempt, Checkpoint, Dataset, Job, LogChunk, Metric, Table
from cooldown_api.jobs.events import append_event
from cooldown_api.jobs.standing import find_standing
from cooldown_api.jobs.submit import NewJob, submit
from cooldown_api.jobs.transition import change, load_for_update
from cooldown_api.service import Service
from sqlalchemy import select

from cooldown_kit.client.states import Reason, State

RECIPE: dict[str, Any] = {
    "name": "small",
    "model": "HuggingFaceTB/SmolLM2-135M",
    "sources": {"code": {"connector": "git", "url": "https://git.example.com/a/b.git"}},
}
_WAY = {
    State.STARTING: (State.STARTING,),
    State.RUNNING: (State.STARTING, State.RUNNING),
    State.SUCCEEDED: (State.STARTING, State.RUNNING, State.SUCCEEDED),
    State.FAILED: (State.STARTING, State.RUNNING, State.FAILED),
    State.CANCELLED: (State.CANCELLED,),
    State.PAUSED: (State.PAUSED,),
    State.QUEUED: (),
}
_REASONS = {
    State.STARTING: Reason.CLAIMED,
    State.RUNNING: Reason.STARTED,
    State.SUCCEEDED: Reason.FINISHED,
    State.FAILED: Reason.ERROR,
    State.CANCELLED: Reason.CANCELLED_BY_USER,
    State.PAUSED: Reason.PAUSED_BY_USER,
}


def add_job(service: Service, project: str = "default", kind: str = "run", **more: Any) -> str:
    """A queued job; its id."""
    given: dict[str, Any] = {
        "name": "small",
        "recipe": RECIPE,
        "priority": 50,
        "gpus": 0,
        "executor": "local",
        "max_attempts": 3,
        "max_duration_seconds": 3600,
        "created_by": "local",
    }
    with service.database.write(ALL_PROJECTS) as session:
        standing = find_standing(service.database, session, project)
        return submit(session, standing, NewJob(kind=kind, **{**given, **more})).id


def move(service: Service, id: str, state: State, *, result: dict[str, Any] | None = None) -> None:
    """Bring a queued job into a state, by the way that workers take."""
    for number, step in enumerate(_WAY[state]):
        with service.database.write(ALL_PROJECTS) as session:
            job = load_for_update(session, id)
            assert job is not None
            if number == 0 and step is State.STARTING:
                job.attempt = 1
                session.add(_attempt(job))
            change(
                session,
                job,
                step,
                _REASONS[step],
                now=datetime.now(UTC),
                result=result if step is state else None,
                error={"code": "error", "message": "it broke"} if step is State.FAILED else None,
            )
    service.hub.wake()


def _attempt(job: Job) -> Attempt:
    now = datetime.now(UTC)
    return Attempt(
        id=new_id("att"),
        project_id=job.project_id,
        job_id=job.id,
        number=1,
        state="running",
        reason="started",
        executor="local",
        worker_id="worker_1",
        host_id="host",
        token=1,
        lease_expires_at=now,
        folder="/nowhere",
        gpus=[],
        started_at=now,
        progress_at=now,
    )


def add_events(service: Service, id: str, count: int, type: str = "message") -> None:
    with service.database.write(ALL_PROJECTS) as session:
        job = load_for_update(session, id)
        assert job is not None
        for number in range(count):
            append_event(session, job, type, {"type": type, "text": f"{number}"}, time=datetime.now(UTC))
    service.hub.wake()


def add_lines(service: Service, id: str, lines: list[str], attempt: int = 1) -> None:
    """One chunk of the log."""
    with service.database.write(ALL_PROJECTS) as session:
        job = load_for_update(session, id)
        assert job is not None
        now = datetime.now(UTC)
        session.add(
            LogChunk(
                project_id=job.project_id,
                job_id=id,
                seq=job.log_seq + 1,
                attempt=attempt,
                time=now,
                lines=lines,
            )
        )
        job.log_seq += len(lines)
    service.hub.wake()


def add_metrics(service: Service, id: str, steps: range, stage: str = "train", **values: float) -> None:
    """``loss`` is the step itself, unless values say otherwise."""
    with service.database.write(ALL_PROJECTS) as session:
        job = session.get_one(Job, id)
        now = datetime.now(UTC)
        session.add_all(
            Metric(
                project_id=job.project_id,
                job_id=id,
                stage=stage,
                step=step,
                attempt=1,
                time=now,
                values={"loss": float(step), **values},
            )
            for step in steps
        )


def add_artefact(
    service: Service, id: str, name: str, content: bytes, folder: Path, media: str = "text/plain"
) -> str:
    """A file in the store of artefacts; its SHA-256."""
    source = folder / "artefact"
    source.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    with service.database.write(ALL_PROJECTS) as session:
        job = session.get_one(Job, id)
        service.artefacts.put(job.project_id, id, name, source)
        session.add(
            Artefact(
                project_id=job.project_id,
                job_id=id,
                name=name,
                bytes=len(content),
                sha256=digest,
                media_type=media,
                created_at=datetime.now(UTC),
            )
        )
    source.unlink()
    return digest


def add_checkpoint(service: Service, id: str, step: int) -> str:
    with service.database.write(ALL_PROJECTS) as session:
        job = session.get_one(Job, id)
        row = Checkpoint(
            id=new_id("ckpt"),
            project_id=job.project_id,
            job_id=id,
            attempt=1,
            step=step,
            metrics={"loss": 2.5},
            bytes=7,
            path="/nowhere",
            created_at=datetime.now(UTC),
        )
        session.add(row)
        return row.id


def add_dataset(
    service: Service, name: str = "billing", project: str = "default", *, ready: bool = True
) -> str:
    """A version of a dataset with its job; its reference."""
    id = add_job(service, project, kind="dataset")
    with service.database.write(ALL_PROJECTS) as session:
        known = select(Dataset.version).where(Dataset.project_id == project, Dataset.name == name)
        version = max(session.scalars(known), default=0) + 1
        folder = service.settings.project_dir(project) / "datasets" / name / f"v{version}"
        folder.mkdir(parents=True)
        session.add(
            Dataset(
                id=new_id("ds"),
                project_id=project,
                name=name,
                version=version,
                job_id=id,
                recipe=RECIPE,
                folder=str(folder),
                created_at=datetime.now(UTC),
            )
        )
    if ready:
        move(service, id, State.SUCCEEDED)
    return f"{name}@v{version}"


def dump(service: Service, project: str | None = None) -> str:
    """Everything that the database holds, whole; or what belongs to one project, without the times at which keys were used."""
    found: dict[str, Any] = {}
    with service.database.engine.connect() as connection:
        for table in Table.metadata.sorted_tables:
            columns = [column for column in table.columns if project is None or column.name != "last_used_at"]
            statement = select(*columns)
            if project is not None:
                if "project_id" not in table.columns:
                    continue
                statement = statement.where(table.columns["project_id"] == project)
            found[table.name] = sorted(str(list(row)) for row in connection.execute(statement))
    return json.dumps(found)
