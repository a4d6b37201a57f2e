"""Workers over both databases, with children that take milliseconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.artefacts import ArtefactStore
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Event, Job, LogChunk
from cooldown_api.jobs import control
from cooldown_api.jobs.standing import find_standing
from cooldown_api.jobs.submit import NewJob, submit
from cooldown_api.jobs.transition import load_for_update
from cooldown_api.settings import Settings
from cooldown_api.worker.supervisor import Supervisor
from sqlalchemy import select

import ledger_child
from cooldown_kit.client.states import ENDED, State
from cooldown_kit.engine import process
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.engine.process import Identity

FAST: dict[str, Any] = {
    "lease_seconds": 1.5,
    "beat_seconds": 0.3,
    "poll_seconds": 0.05,
    "orphan_seconds": 20,
    "grace_seconds": 5,
    "silence_seconds": 60,
    "retry_seconds": 0.05,
    "gpus": "none",
    "slots": 2,
}


@dataclass
class Fleet:
    """A database, its settings, and what tests do with both."""

    database: Database
    settings: Settings
    ledger: Path
    command: Callable[[Path, str], list[str]] = ledger_child.command
    supervisors: list[tuple[Supervisor, threading.Thread]] = field(default_factory=list)

    def with_worker(self, **changes: Any) -> Fleet:
        """The same with other settings of the worker."""
        worker = self.settings.worker.model_copy(update=changes)
        settings = self.settings.model_copy(update={"worker": worker})
        return Fleet(self.database, settings, self.ledger, self.command, self.supervisors)

    def submit(self, project: str = "alpha", **more: Any) -> str:
        """A job for ``ledger_child``; what :class:`NewJob` does not know is its recipe."""
        known = {
            "kind": "run",
            "name": "fast",
            "priority": 50,
            "gpus": 0,
            "executor": "local",
            "max_attempts": 3,
            "max_duration_seconds": 3600,
            "created_by": "test",
        }
        given = {
            key: more.pop(key) for key in (*known, "plan_id", "request_id", "traceparent") if key in more
        }
        recipe = {"ledger": str(self.ledger), **more}
        with self.database.write(ALL_PROJECTS) as session:
            standing = find_standing(self.database, session, project)
            return submit(session, standing, NewJob(**{**known, **given, "recipe": recipe})).id

    def supervisor(self, *, drain: bool = False) -> Supervisor:
        return Supervisor(
            self.settings,
            self.database,
            ArtefactStore(self.settings.artefacts_url),
            command=self.command,
            drain=drain,
        )

    @contextmanager
    def worker(self, *, drain: bool = False) -> Iterator[Supervisor]:
        """A worker in a thread of this process."""
        supervisor = self.supervisor(drain=drain)
        thread = threading.Thread(target=supervisor.run)
        thread.start()
        try:
            yield supervisor
        finally:
            supervisor.stop()
            supervisor.stop()
            thread.join(60)

    def job(self, id: str) -> Job:
        with self.database.read(ALL_PROJECTS) as session:
            return session.scalars(select(Job).where(Job.id == id)).one()

    def attempts(self, id: str) -> list[Attempt]:
        with self.database.read(ALL_PROJECTS) as session:
            return list(session.scalars(select(Attempt).where(Attempt.job_id == id).order_by(Attempt.number)))

    def events(self, id: str) -> list[Event]:
        with self.database.read(ALL_PROJECTS) as session:
            return list(session.scalars(select(Event).where(Event.job_id == id).order_by(Event.seq)))

    def log(self, id: str) -> list[str]:
        with self.database.read(ALL_PROJECTS) as session:
            chunks = session.scalars(select(LogChunk).where(LogChunk.job_id == id).order_by(LogChunk.seq))
            return [line for chunk in chunks for line in chunk.lines]

    def states(self, id: str) -> list[tuple[str, str]]:
        return [(e.data["state"], e.data["reason"]) for e in self.events(id) if e.type == "state"]

    def ask(self, id: str, what: str) -> None:
        with self.database.write(ALL_PROJECTS) as session:
            job = load_for_update(session, id)
            assert job is not None
            getattr(control, what)(session, job, now=self.database.now(session))

    def wait(self, id: str, *states: State, seconds: float = 60) -> Job:
        """Until the job is in one of the states; any end where none is given."""
        wanted = {state.value for state in (states or ENDED)}
        return self.until(
            lambda: (job := self.job(id)).state in wanted and job, seconds, lambda: self.told(id)
        )

    def until(self, answer: Callable[[], Any], seconds: float = 60, told: Callable[[], object] = str) -> Any:
        end, pause = time.monotonic() + seconds, 0.02
        while time.monotonic() < end:
            if found := answer():
                return found
            time.sleep(pause)
            pause = min(0.2, 1.05 * pause)  # asking has its price on a machine that works for the answer
        raise AssertionError(f"waited for {seconds} s; {told()}")

    def told(self, id: str) -> object:
        return [(e.type, e.data) for e in self.events(id)][-12:], self.log(id)[-12:]

    def child(self, id: str) -> Identity:
        """The child of the job's newest attempt, once it works."""

        def working() -> Identity | None:
            attempts = self.attempts(id)
            child = AttemptFolder(Path(attempts[-1].folder)).child() if attempts else None
            return child if child and process.alive(child) else None

        found: Identity = self.until(working)
        return found

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.ledger.read_text().splitlines()] if self.ledger.exists() else []


@pytest.fixture
def fleet(database: Database, make_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(database, make_settings(worker=FAST), tmp_path / "ledger")
    yield made
    for folder in (tmp_path / "data").rglob("child.json"):
        child = AttemptFolder(folder.parent).child()
        if child is not None and process.alive(child):
            process.kill_group(child)
