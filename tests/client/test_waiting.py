"""Waiting for a job: how it ends, and how waiting does."""

from __future__ import annotations

from typing import Any

import pytest

from cooldown_kit.client.errors import JobCancelled, JobFailed, NotFound, WaitTimeout
from faulty_service import FaultyService, Reply, problem
from service_answers import JOB, event, job, sse

FAILED = {
    "code": "out_of_memory",
    "message": "the GPU is full",
    "where": "train",
    "remedy": "a smaller batch",
}


@pytest.fixture
def handle(server: FaultyService, client: Any) -> Any:
    server.script(Reply(job("queued")))
    return client.jobs.get(JOB)


def test_waiting_ends_with_the_job_and_the_handle_knows_it(
    server: FaultyService, handle: Any, pauses: list[float]
) -> None:
    server.script(
        Reply(job("running")),
        Reply(job("pausing")),
        Reply(job("paused")),
        Reply(job("succeeded", result={"run": "r1"})),
    )
    assert handle.wait().state == "succeeded"
    assert handle.state == "succeeded" and handle.result.run == "r1" and handle.succeeded and handle.ended


def test_the_service_holds_the_question_unless_the_caller_polls(
    server: FaultyService, handle: Any, pauses: list[float]
) -> None:
    server.script(Reply(job("running")), Reply(job("succeeded")))
    handle.wait()
    assert server.asked[-1].query == [("wait", "20.0")]
    server.script(Reply(job("running")), Reply(job("running")), Reply(job("succeeded")))
    pauses.clear()
    handle.wait(poll=3)
    assert server.asked[-1].query == [] and pauses == [3, 3]


def test_a_failed_job_raises_what_it_failed_of(server: FaultyService, handle: Any) -> None:
    server.script(Reply(job("failed", error=FAILED)))
    with pytest.raises(JobFailed, match="the GPU is full") as caught:
        handle.wait()
    assert caught.value.remedy == "a smaller batch" and caught.value.job.error.code == "out_of_memory"
    assert caught.value.exit_code == 6


def test_a_cancelled_job_raises_that(server: FaultyService, handle: Any) -> None:
    server.script(Reply(job("cancelled")))
    with pytest.raises(JobCancelled):
        handle.wait()


def test_a_time_that_is_over_raises_and_the_job_goes_on(server: FaultyService, handle: Any) -> None:
    server.script(Reply(job("running")))
    with pytest.raises(WaitTimeout, match="still running; it goes on") as caught:
        handle.wait(timeout=0.05)
    assert caught.value.job.id == JOB
    assert {asked.method for asked in server.asked} == {"GET"}


def test_restarts_are_waited_through(server: FaultyService, handle: Any, pauses: list[float]) -> None:
    server.script(
        Reply(dropped=True),
        problem(503, "unavailable"),
        Reply(dropped=True),
        Reply(dropped=True),
        Reply({}, 502),
        Reply(job("succeeded")),
    )
    assert handle.wait().succeeded


def test_what_will_not_pass_is_not_waited_for(server: FaultyService, handle: Any) -> None:
    server.script(problem(404, "not-found"))
    with pytest.raises(NotFound):
        handle.wait()


def test_every_event_is_told_while_waiting(server: FaultyService, handle: Any) -> None:
    end = {"state": "failed", "reason": "loss"}
    pieces = [
        sse(event(1, "state", state="queued")),
        sse(event(2, "metric", step=1)),
        sse(event(3, "state", **end)),
    ]
    server.answer = lambda asked: (
        Reply(pieces=pieces) if asked.path.endswith("stream") else Reply(job("failed"))
    )
    seen = []
    with pytest.raises(JobFailed):
        handle.wait(on_event=seen.append)
    assert [said.id for said in seen] == [1, 2, 3]


def test_a_silent_stream_does_not_outlast_the_time(server: FaultyService, handle: Any) -> None:
    server.answer = lambda asked: Reply(held=True) if asked.path.endswith("stream") else Reply(job("running"))
    with pytest.raises(WaitTimeout):
        handle.wait(timeout=0.3, on_event=lambda event: None)


def test_an_error_of_the_caller_in_on_event_comes_through(server: FaultyService, handle: Any) -> None:
    server.answer = lambda asked: Reply(pieces=[sse(event(1))])

    def broken(event: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        handle.wait(on_event=broken)
