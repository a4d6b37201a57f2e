"""Claims: in turn, within every limit, each job and each GPU once, however many workers ask at the same moment."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Gpu, Job
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from cooldown_kit.client.states import Reason


def test_priority_comes_first_and_then_who_waits_longest(queue: Any) -> None:
    low, first, second = queue.submit(priority=10), queue.submit(), queue.submit()
    high = queue.submit(priority=90)
    worker = queue.claimant()
    assert [queue.claim(worker) for _ in range(5)] == [high, first, second, low, None]


def test_of_equal_priority_the_project_with_less_running_goes_first(queue: Any) -> None:
    alpha = [queue.submit("alpha") for _ in range(3)]
    beta = [queue.submit("beta") for _ in range(3)]
    worker = queue.claimant()
    order = [queue.claim(worker) for _ in range(6)]
    assert order == [alpha[0], beta[0], alpha[1], beta[1], alpha[2], beta[2]]


def test_a_project_of_twice_the_weight_gets_twice_the_machines(queue: Any) -> None:
    queue.project("beta", weight=2.0)
    for _ in range(12):
        queue.submit("alpha"), queue.submit("beta")
    worker = queue.claimant()
    taken = Counter(queue.job(queue.claim(worker)).project_id for _ in range(9))
    assert taken == {"alpha": 3, "beta": 6}


def test_a_project_never_runs_more_than_it_may(queue: Any) -> None:
    queue.project("alpha", max_running=1)
    first, second = queue.submit("alpha", priority=100), queue.submit("alpha", priority=100)
    other = queue.submit("beta", priority=1)
    worker = queue.claimant()
    assert [queue.claim(worker) for _ in range(3)] == [first, other, None]
    queue.end(first)
    assert queue.claim(worker) == second


def test_a_worker_takes_no_more_than_it_has_places_for(queue: Any) -> None:
    first, second = queue.submit(), queue.submit()
    worker = queue.claimant(slots=1)
    assert [queue.claim(worker), queue.claim(worker)] == [first, None]
    assert queue.claim(queue.claimant("w2", slots=1)) == second


def test_what_is_not_to_run_before_a_moment_waits_for_it(queue: Any) -> None:
    id = queue.submit()
    queue.claim(queue.claimant())
    queue.end(id, ending=None, cause=Reason.CHILD_DIED, cause_detail="killed")
    job = queue.job(id)
    assert (job.state, job.failures) == ("queued", 1)
    assert queue.claim(queue.claimant()) is None
    assert queue.claim(queue.claimant(), now=job.not_before + timedelta(milliseconds=1)) == id
    assert [attempt.number for attempt in queue.attempts(id)] == [1, 2]


def test_a_job_for_an_executor_that_a_worker_has_not_is_left_to_others(queue: Any) -> None:
    id = queue.submit(executor="ray")
    assert queue.claim(queue.claimant(executors=("local",))) is None
    assert queue.claim(queue.claimant("w2", executors=("ray",))) == id


def test_gpus_are_leased_by_uuid_and_come_back_with_the_attempts_end(queue: Any) -> None:
    queue.add_gpus("host-w1", "GPU-a", "GPU-b", "GPU-c")
    worker = queue.claimant(gpus=("GPU-a", "GPU-b", "GPU-c"))
    two, one = queue.submit(gpus=2), queue.submit(gpus=1)
    assert [queue.claim(worker), queue.claim(worker)] == [two, one]
    assert queue.attempts(two)[0].gpus == ["GPU-a", "GPU-b"] and queue.attempts(one)[0].gpus == ["GPU-c"]
    third = queue.submit(gpus=1)
    assert queue.claim(worker) is None
    queue.end(two)
    assert queue.claim(worker) == third
    assert queue.attempts(third)[0].gpus == ["GPU-a"]


def test_a_job_that_wants_more_gpus_than_this_machine_has_is_left_to_others(queue: Any) -> None:
    queue.add_gpus("host-w1", "GPU-a")
    queue.add_gpus("host-w2", "GPU-b", "GPU-c")
    large, small = queue.submit(gpus=2, priority=90), queue.submit(gpus=1)
    assert queue.claim(queue.claimant("w1", gpus=("GPU-a",))) == small
    assert queue.claim(queue.claimant("w2", gpus=("GPU-b", "GPU-c"))) == large


def test_small_jobs_do_not_keep_a_large_one_waiting_for_ever_but_those_without_gpus_go_on(queue: Any) -> None:
    queue.add_gpus("host-w1", "GPU-a", "GPU-b")
    worker = queue.claimant(gpus=("GPU-a", "GPU-b"))
    running = queue.submit(gpus=1)
    assert queue.claim(worker) == running
    large, small, none = queue.submit(gpus=2), queue.submit(gpus=1), queue.submit(gpus=0)
    assert [queue.claim(worker), queue.claim(worker)] == [none, None]
    queue.end(running)
    assert [queue.claim(worker), queue.claim(worker)] == [large, None]
    queue.end(large)
    assert queue.claim(worker) == small


def test_on_ray_the_cluster_gives_the_gpus_and_the_project_is_charged_for_them(queue: Any) -> None:
    id = queue.submit(gpus=3, executor="ray")
    assert queue.claim(queue.claimant()) == id
    assert queue.attempts(id)[0].gpus == ["ray-0", "ray-1", "ray-2"]


@pytest.mark.parametrize("jobs", [60])
def test_many_workers_at_once_take_each_job_and_each_gpu_once_and_hold_every_limit(
    queue: Any, jobs: int
) -> None:
    queue.project("beta", max_running=3)
    uuids = tuple(f"GPU-{i}" for i in range(4))
    queue.add_gpus("host-w", *uuids)
    for number in range(jobs):
        queue.submit(("alpha", "beta")[number % 2], gpus=number % 3, priority=number % 5)
    taken: list[str] = []
    problems: list[str] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        worker = queue.claimant(name, slots=3, gpus=uuids, host_id="host-w")
        mine: list[str] = []
        idle = 0
        while idle < 30:
            id = queue.claim(worker)
            with queue.database.read(ALL_PROJECTS) as session:
                problems.extend(broken(session))
            if id is not None:
                mine.append(id)
                with lock:
                    taken.append(id)
            if mine and (id is None or len(mine) == 3):
                queue.end(mine.pop(0))
            idle = idle + 1 if id is None and not mine else 0
        assert not mine

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [f"w{i}" for i in range(8)]))
    assert Counter(taken).most_common(1)[0][1] == 1 and len(taken) == jobs
    assert problems == []


def broken(session: Any) -> list[str]:
    """What must never be seen, of one moment."""
    found = []
    live = select(Attempt.job_id).where(Attempt.state != "ended").group_by(Attempt.job_id)
    found += [f"{id} lives twice" for id in session.scalars(live.having(func.count() > 1))]
    rows = session.execute(select(Attempt.id, Attempt.gpus).where(Attempt.state != "ended"))
    counts = Counter(uuid for _, gpus in rows for uuid in gpus)
    found += [f"{uuid} is given twice" for uuid, count in counts.items() if count > 1]
    beta = select(func.count()).where(Attempt.project_id == "beta", Attempt.state != "ended")
    if session.scalar(beta) > 3:
        found.append("beta runs more than it may")
    return found


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("submit"), st.sampled_from(["alpha", "beta"]), st.integers(0, 3), st.integers(0, 100)
        ),
        st.tuples(st.just("claim"), st.sampled_from(["w1", "w2"])),
        st.tuples(st.just("end"), st.sampled_from(["succeeded", "died", "stopped"])),
    ),
    max_size=40,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=steps)
def test_whatever_happens_in_whatever_order_the_books_balance(queue: Any, steps: list[Any]) -> None:
    _clear(queue)
    gpus = {"w1": ("GPU-1", "GPU-2"), "w2": ("GPU-3",)}
    for name, uuids in gpus.items():
        queue.add_gpus(f"host-{name}", *uuids)
    queue.project("beta", max_running=2)
    for step in steps:
        _do(queue, step, gpus)
        with queue.database.read(ALL_PROJECTS) as session:
            assert broken(session) == []
            held = dict(
                session.execute(select(Gpu.uuid, Gpu.attempt_id).where(Gpu.attempt_id.is_not(None))).all()
            )
            live = {a.id: a for a in session.scalars(select(Attempt).where(Attempt.state != "ended"))}
            assert held == {uuid: id for id, a in live.items() for uuid in a.gpus}
            running = session.scalars(select(Job.id).where(Job.state.in_(["starting", "running"])))
            assert sorted(running) == sorted(a.job_id for a in live.values())


def _do(queue: Any, step: tuple[Any, ...], gpus: dict[str, tuple[str, ...]]) -> None:
    if step[0] == "submit":
        queue.submit(step[1], gpus=step[2], priority=step[3])
    elif step[0] == "claim":
        queue.claim(queue.claimant(step[1], slots=3, gpus=gpus[step[1]]))
    else:
        with queue.database.read(ALL_PROJECTS) as session:
            id = session.scalars(select(Attempt.job_id).where(Attempt.state != "ended").limit(1)).first()
        if id is not None and step[1] == "succeeded":
            queue.end(id)
        elif id is not None:
            cause = Reason.CHILD_DIED if step[1] == "died" else Reason.WORKER_STOPPED
            queue.end(id, ending=None, cause=cause, retry_seconds=0.0)


def _clear(queue: Any) -> None:
    from cooldown_api.database.tables import Event, Usage

    with queue.database.write(ALL_PROJECTS) as session:
        for table in (Event, Usage, Attempt, Gpu, Job):
            session.execute(delete(table))
