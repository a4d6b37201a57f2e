"""Who is killed does not take the job with it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Job
from cooldown_api.jobs.transition import load_for_update
from cooldown_api.worker import adoption
from sqlalchemy import select, update

import worker_process
from cooldown_kit.client.states import State
from cooldown_kit.engine import process
from cooldown_kit.engine.ending import Ending
from cooldown_kit.engine.folder import AttemptFolder


def step_of(fleet: Any, id: str) -> int:
    return int((fleet.job(id).progress or {}).get("step", 0))


def test_the_child_of_a_killed_worker_goes_on_and_the_next_worker_adopts_it(
    fleet: Any, tmp_path: Path
) -> None:
    id = fleet.submit(steps=150, seconds=0.02)
    first = worker_process.start(fleet.settings, tmp_path / "log")
    fleet.until(lambda: step_of(fleet, id) >= 2)
    child = fleet.child(id)
    worker_process.kill(first)
    before = fleet.attempts(id)[0]
    with fleet.worker() as supervisor:
        fleet.until(lambda: fleet.attempts(id)[0].worker_id == supervisor.id)
        assert fleet.child(id) == child, "the same process"
        job = fleet.wait(id)
    attempt = fleet.attempts(id)[0]
    assert (job.state, job.attempt, job.failures) == ("succeeded", 1, 0)
    assert attempt.token == before.token + 1
    assert [e.data["step"] for e in fleet.events(id) if e.type == "metric"] == list(range(1, 151))


def test_a_worker_that_leaves_gives_its_leases_back_and_its_children_do_not_notice(fleet: Any) -> None:
    fleet = fleet.with_worker(lease_seconds=600)
    id = fleet.submit(steps=100, seconds=0.02)
    with fleet.worker():
        fleet.until(lambda: step_of(fleet, id) >= 2)
        child = fleet.child(id)
    assert process.alive(child)
    with fleet.worker():
        assert fleet.wait(id).attempt == 1


def test_worker_and_child_killed_together_are_another_attempt_from_the_checkpoint(
    fleet: Any, tmp_path: Path
) -> None:
    id = fleet.submit(steps=200, seconds=0.02)
    first = worker_process.start(fleet.settings, tmp_path / "log")
    fleet.until(lambda: step_of(fleet, id) >= 5)
    child = fleet.child(id)
    first.send_signal(signal.SIGSTOP)  # it cannot see the child's end
    os.kill(child.pid, signal.SIGKILL)
    worker_process.kill(first)
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.attempt) == ("succeeded", 2)
    assert any("continues after step" in str(e.data) for e in fleet.events(id))


def test_a_worker_that_slept_past_its_lease_finds_that_another_has_its_jobs_and_leaves_them(
    fleet: Any,
) -> None:
    id = fleet.submit(steps=200, seconds=0.02)
    sleeper = fleet.supervisor()
    while step_of(fleet, id) < 2:
        sleeper.turn()
    with fleet.worker() as supervisor:
        fleet.until(lambda: fleet.attempts(id)[0].worker_id == supervisor.id)
        fleet.until(lambda: step_of(fleet, id) >= 50)
        sleeper.turn()
        assert sleeper.busy == 0
        job = fleet.wait(id)
    assert (job.state, job.attempt) == ("succeeded", 1)
    assert [e.data["step"] for e in fleet.events(id) if e.type == "metric"] == list(range(1, 201))


def test_a_child_that_nobody_watches_saves_a_checkpoint_and_ends_by_itself(
    fleet: Any, tmp_path: Path
) -> None:
    fleet = fleet.with_worker(orphan_seconds=1.0)
    id = fleet.submit(steps=10_000, seconds=0.02)
    first = worker_process.start(fleet.settings, tmp_path / "log")
    fleet.until(lambda: step_of(fleet, id) >= 2)
    child = fleet.child(id)
    worker_process.kill(first)
    fleet.until(lambda: not process.alive(child))
    ending = AttemptFolder(Path(fleet.attempts(id)[0].folder)).ending()
    assert (ending.status, ending.reason) == ("stopped", "worker_lost")
    with fleet.worker():
        fleet.until(lambda: fleet.job(id).attempt == 2)
        fleet.ask(id, "cancel")
        fleet.wait(id)
    assert fleet.attempts(id)[0].reason == "worker_lost"


def test_another_machine_waits_until_the_child_has_ended_by_itself(fleet: Any) -> None:
    fleet = fleet.with_worker(orphan_seconds=1.0, grace_seconds=0.5, lease_seconds=1.0, beat_seconds=0.2)
    id = fleet.submit()
    elsewhere(fleet, id)
    with fleet.worker():
        began = fleet.attempts(id)[0].lease_expires_at
        job = fleet.wait(id)
    first, second = fleet.attempts(id)
    assert (job.state, first.reason, second.reason) == ("succeeded", "worker_lost", "finished")
    assert (first.ended_at - began).total_seconds() >= 1.0 + 0.5


def test_another_machine_takes_over_at_once_what_has_ended_on_the_shared_path(fleet: Any) -> None:
    fleet = fleet.with_worker(orphan_seconds=600)
    id = fleet.submit()
    folder = elsewhere(fleet, id)
    folder.write_ending(Ending(status="succeeded", reason="finished", result={"tokens": 3}))
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.attempt, job.result["tokens"]) == ("succeeded", 1, 3)


def test_another_container_of_one_machine_sees_by_the_lock_that_a_child_is_dead(fleet: Any) -> None:
    fleet = fleet.with_worker(orphan_seconds=600)
    id = fleet.submit()
    folder = elsewhere(fleet, id, host=f"{process.boot_id()}:1")
    with folder.announced():
        assert adoption.adopt(fleet.database, "w2", fleet.settings.worker) == []
    with fleet.worker():
        assert fleet.wait(id).attempt == 2


def elsewhere(fleet: Any, id: str, host: str = "another-boot:1") -> AttemptFolder:
    """An attempt whose worker, on another host, died a lease ago."""
    with fleet.database.write(ALL_PROJECTS) as session:
        now = fleet.database.now(session)
        job = load_for_update(session, id)
        job.state, job.attempt = State.RUNNING.value, 1
        folder = fleet.settings.project_dir("alpha") / "attempts" / id / "1"
        folder.mkdir(parents=True)
        session.add(
            Attempt(
                id="att_elsewhere", project_id="alpha", job_id=id, number=1, state="running", reason="started",
                executor="local", worker_id="gone", host_id=host, token=1, lease_expires_at=now, folder=str(folder),
                gpus=[], started_at=now, progress_at=now,
            )
        )  # fmt: skip
    return AttemptFolder(folder)


def test_a_child_whose_worker_died_before_it_wrote_down_who_it_is_is_found_or_not_wanted(fleet: Any) -> None:
    """A claim without a child: the worker was killed in between. One that comes late does nothing."""
    id = fleet.submit()
    folder = elsewhere(fleet, id, host=process.host_id())
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.attempt) == ("succeeded", 2)
    assert folder.stop_file.exists(), "a late child sees that it is not wanted"


def test_results_that_a_killed_worker_stored_in_part_are_completed_by_the_next(fleet: Any) -> None:
    id = fleet.submit()
    with fleet.worker():
        fleet.wait(id)
    with fleet.database.write(ALL_PROJECTS) as session:
        # as if it had been killed between the two files, before the job's end
        session.execute(update(Job).where(Job.id == id).values(state="running", result=None))
        session.execute(update(Attempt).where(Attempt.job_id == id).values(state="running", ended_at=None))
        from cooldown_api.database.tables import Artefact

        artefact = session.scalars(select(Artefact).where(Artefact.name == "report.html")).one()
        session.delete(artefact)
    store = Path(fleet.settings.artefacts_url) / "alpha" / id
    (store / "report.html").unlink()
    with fleet.worker():
        assert fleet.wait(id).state == "succeeded"
    assert (store / "report.html").exists()


def test_a_database_that_is_away_for_a_while_stops_no_child(fleet: Any, monkeypatch: Any) -> None:
    from sqlalchemy.exc import OperationalError

    id = fleet.submit(steps=80, seconds=0.02)
    away = False
    real = type(fleet.database).read

    def read(self: Any, scope: Any) -> Any:
        if away and __import__("threading").current_thread().name == "the-worker":
            raise OperationalError("select 1", {}, Exception("server closed the connection"))
        return real(self, scope)

    monkeypatch.setattr(type(fleet.database), "read", read)
    import threading

    supervisor = fleet.supervisor()
    thread = threading.Thread(target=supervisor.run, name="the-worker")
    thread.start()
    try:
        fleet.until(lambda: step_of(fleet, id) >= 2)
        child = fleet.child(id)
        away = True
        ledger = AttemptFolder(Path(fleet.attempts(id)[0].folder))
        fleet.until(lambda: ledger.ending() is not None)
        away = False
        job = fleet.wait(id)
    finally:
        supervisor.stop()
        thread.join()
    assert (job.state, job.attempt) == ("succeeded", 1) and child


def test_a_ray_driver_that_is_killed_is_started_again_in_the_same_attempt(fleet: Any) -> None:
    """The Ray job lives on meanwhile, so another attempt would be a second one beside it."""
    id = fleet.submit(steps=60, seconds=0.03, executor="ray")
    with fleet.worker():
        fleet.until(lambda: step_of(fleet, id) >= 3)
        os.kill(fleet.child(id).pid, signal.SIGKILL)
        job = fleet.wait(id)
    assert (job.state, job.attempt, job.failures) == ("succeeded", 1, 0)
    assert [line[0] for line in fleet.lines()] == ["start", "start", "end"]
