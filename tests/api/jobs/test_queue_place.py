"""What a job waits for, and who holds it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Job
from cooldown_api.jobs.queue_place import queue_place
from cooldown_api.settings import Settings

from cooldown_kit.client.states import Reason


def place(queue: Any, id: str, later: float = 0.0) -> Any:
    with queue.database.read(ALL_PROJECTS) as session:
        now = queue.database.now(session) + timedelta(seconds=later)
        return queue_place(session, session.get(Job, id), settings=Settings(), now=now)


def test_the_place_is_that_in_which_it_would_be_taken(queue: Any) -> None:
    queue.add_worker(slots=100)
    first, second, urgent = queue.submit(), queue.submit(), queue.submit(priority=99)
    other = queue.submit("beta")
    assert [place(queue, id).position for id in (urgent, first, second)] == [1, 2, 3]
    worker = queue.claimant()
    order = [urgent, first, second, other]
    taken = [queue.claim(worker) for _ in range(2)]
    assert taken == [urgent, other] and set(order) - set(taken) == {first, second}
    assert place(queue, second).ahead == 1
    assert [w.kind for w in place(queue, second).waits_for] == ["turn"]


def test_what_runs_has_no_place(queue: Any) -> None:
    id = queue.submit()
    queue.claim(queue.claimant())
    found = place(queue, id)
    assert (found.position, found.ahead, found.waits_for) == (None, 0, [])


def test_without_workers_it_waits_for_one(queue: Any) -> None:
    id = queue.submit()
    assert [w.kind for w in place(queue, id).waits_for] == ["worker"]
    queue.add_worker("gone", ago=3600)
    assert [w.kind for w in place(queue, id).waits_for] == ["worker"]
    queue.add_worker("w1", executors=["local"])
    assert place(queue, id).waits_for == []
    assert [w.kind for w in place(queue, queue.submit(executor="ray")).waits_for] == ["executor", "turn"]


def test_taken_places_name_who_has_them_and_other_projects_jobs_are_not_named(queue: Any) -> None:
    queue.add_worker("w1", slots=2)
    ours, theirs = queue.submit("alpha"), queue.submit("beta")
    worker = queue.claimant("w1", slots=2)
    queue.claim(worker), queue.claim(worker)
    (wait,) = place(queue, queue.submit("alpha")).waits_for
    assert wait.kind == "slot" and {h.job for h in wait.holders} == {ours, None}
    assert theirs not in wait.model_dump_json() and "beta" not in wait.model_dump_json()


def test_gpus_that_others_hold_are_named(queue: Any) -> None:
    queue.add_worker("w1", slots=9)
    queue.add_gpus("host-w1", "GPU-a", "GPU-b")
    holder = queue.submit(gpus=2)
    queue.claim(queue.claimant("w1", gpus=("GPU-a", "GPU-b")))
    (wait,) = place(queue, queue.submit(gpus=1)).waits_for
    assert wait.kind == "gpu" and wait.holders[0].job == holder and wait.holders[0].gpus == ["GPU-a", "GPU-b"]
    (first, *_) = place(queue, queue.submit(gpus=5)).waits_for
    assert first.kind == "gpu" and "the largest machine that is alive has 2" in first.detail


def test_the_projects_limit_and_the_pause_before_a_retry_are_told(queue: Any) -> None:
    queue.add_worker("w1", slots=9)
    queue.project("alpha", max_running=1)
    running = queue.submit()
    queue.claim(queue.claimant())
    found = place(queue, queue.submit())
    assert [w.kind for w in found.waits_for] == ["project_limit"]
    assert found.waits_for[0].holders[0].job == running
    queue.project("alpha", max_running=None)
    queue.end(running, ending=None, cause=Reason.CHILD_DIED)
    found = place(queue, running)
    assert found.waits_for[0].kind == "pause_before_retry"
    assert found.estimated_start_at == queue.job(running).not_before
