"""`kill -9` of everything, alone and together, fifty times: no job is lost, none runs twice, all end, and all that they told is whole."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Artefact, Attempt, Event, Gpu, Job
from sqlalchemy import select

import submitting_process
import worker_process
from cooldown_kit.client.states import ENDED
from cooldown_kit.engine import process
from cooldown_kit.engine.folder import AttemptFolder
from cooldown_kit.events import Progress, decode
from ledger_child import content_of

KILLS = 50
VICTIMS = (
    ("child",), ("worker",), ("api",), ("worker", "child"), ("worker", "worker"), ("api", "worker", "child"),
    ("worker", "worker", "child"), ("child", "child"), ("api", "worker", "worker", "child"),
)  # fmt: skip


class Soak:
    """Two workers and who submits, each started again as soon as it was killed."""

    def __init__(self, fleet: Any, folder: Path) -> None:
        self.fleet = fleet
        self.ids = folder / "ids"
        self.log = folder / "workers.log"
        self.random = random.Random(17)
        self.workers = [worker_process.start(fleet.settings, self.log) for _ in range(2)]
        self.api = self._submitting()

    def _submitting(self) -> Any:
        return submitting_process.start(self.fleet.settings.url, self.ids, self.fleet.ledger)

    def kill(self, victims: tuple[str, ...]) -> None:
        children = self._children() if "child" in victims else []
        workers = self.random.sample(range(2), min(2, victims.count("worker")))
        for victim in self.random.sample(children, min(len(children), victims.count("child"))):
            with suppress(ProcessLookupError):
                os.kill(victim.pid, signal.SIGKILL)
        for index in workers:
            self.workers[index].kill()
        if "api" in victims:
            worker_process.kill(self.api)
            self.api = self._submitting()
        for index in workers:
            self.workers[index].wait()
            self.workers[index] = worker_process.start(self.fleet.settings, self.log)

    def _children(self) -> list[process.Identity]:
        with self.fleet.database.read(ALL_PROJECTS) as session:
            folders = session.scalars(select(Attempt.folder).where(Attempt.state != "ended")).all()
        found = [AttemptFolder(Path(folder)).child() for folder in folders]
        return [child for child in found if child is not None and process.alive(child)]

    def finish(self) -> None:
        worker_process.kill(self.api)
        try:
            self.fleet.until(self._all_ended, 120, self._open)
        finally:
            for one in self.workers:
                one.terminate()
            for one in self.workers:
                one.wait()

    def _open(self) -> list[Any]:
        with self.fleet.database.read(ALL_PROJECTS) as session:
            jobs = session.scalars(select(Job).where(Job.state.not_in([s.value for s in ENDED])))
            return [(j.id, j.state, j.reason, j.attempt) for j in jobs]

    def _all_ended(self) -> bool:
        return not self._open()


@pytest.mark.timeout(400)
def test_fifty_kills_lose_no_job_and_run_none_twice(fleet: Any, tmp_path: Path) -> None:
    fleet = fleet.with_worker(silence_seconds=120)
    soak = Soak(fleet, tmp_path)
    fleet.until(lambda: len(fleet.lines()) > 4)
    for _ in range(KILLS):
        time.sleep(soak.random.uniform(0.0, 0.8))
        before = len(fleet.lines())
        soak.kill(soak.random.choice(VICTIMS))
        fleet.until(lambda before=before: len(fleet.lines()) > before)  # work goes on
    soak.finish()

    with fleet.database.read(ALL_PROJECTS) as session:
        jobs = {job.id: job for job in session.scalars(select(Job))}
        attempts = list(session.scalars(select(Attempt).order_by(Attempt.job_id, Attempt.number)))
        assert not session.scalars(select(Gpu).where(Gpu.attempt_id.is_not(None))).all()
    queued = set(soak.ids.read_text().split())
    assert queued <= set(jobs) and len(queued) > 15, "none was lost"
    assert {(job.state, job.reason) for job in jobs.values()} == {("succeeded", "finished")}
    assert "twice" not in {line[0] for line in fleet.lines()}, "none ran twice at once"
    assert {attempt.state for attempt in attempts} == {"ended"}
    assert sum(attempt.reason != "finished" for attempt in attempts) >= 5, "children were killed, too"
    for job in jobs.values():
        _check_story(fleet, job, [a for a in attempts if a.job_id == job.id])
        _check_artefacts(fleet, job)


def _check_story(fleet: Any, job: Job, attempts: list[Attempt]) -> None:
    """Every event once, in its order, none left out."""
    with fleet.database.read(ALL_PROJECTS) as session:
        events = list(session.scalars(select(Event).where(Event.job_id == job.id).order_by(Event.seq)))
    assert [event.seq for event in events] == list(range(1, job.event_seq + 1))
    assert [attempt.number for attempt in attempts] == list(range(1, job.attempt + 1))
    assert [attempt.reason for attempt in attempts][-1] == "finished"
    told = defaultdict(list)
    for event in events:
        if event.type not in ("state", "progress"):
            told[event.attempt].append((event.type, event.data.get("step")))
    for attempt in attempts:
        path = Path(attempt.folder) / "events.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        written = [event for event in map(decode, lines) if not isinstance(event, Progress)]
        assert told[attempt.number] == [(e.__struct_config__.tag, getattr(e, "step", None)) for e in written]
    steps = {step for lines in told.values() for kind, step in lines if kind == "metric"}
    assert sorted(steps) == list(range(1, job.recipe["steps"] + 1))


def _check_artefacts(fleet: Any, job: Job) -> None:
    with fleet.database.read(ALL_PROJECTS) as session:
        names = set(session.scalars(select(Artefact.name).where(Artefact.job_id == job.id)))
    assert names == {"model/weights.bin", "report.html"}
    stored = Path(fleet.settings.artefacts_url) / job.project_id / job.id / "model" / "weights.bin"
    assert stored.read_bytes() == content_of(job.id)
