"""What is tried again, how often, and after which pause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from cooldown_kit.client.errors import (
    Conflict,
    ConnectionFailed,
    NotAllowed,
    ServerError,
    TimedOut,
    TooManyRequests,
)
from cooldown_kit.errors import InputError
from faulty_service import FaultyService, Reply, problem
from service_answers import JOB, job

HEALTH = {"status": "ok", "version": "1"}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(
    server: FaultyService, client: Any, pauses: list[float], status: int
) -> None:
    server.script(Reply({}, status), Reply({}, status), Reply(HEALTH))
    assert client.health().status == "ok"
    assert pauses == [0.5, 1.0]
    assert [asked.headers.get("x-retry-count") for asked in server.asked] == [None, "1", "2"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 422])
def test_what_stays_wrong_is_asked_once(
    server: FaultyService, client: Any, pauses: list[float], status: int
) -> None:
    server.script(problem(status, "conflict"))
    with pytest.raises(Exception, match="no"):
        client.health()
    assert len(server.asked) == 1 and not pauses


def test_a_connection_that_breaks_is_made_again(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    server.script(Reply(dropped=True), Reply(HEALTH, cut=5), Reply(HEALTH))
    assert client.health().version == "1"


def test_all_tries_of_a_submission_have_one_key_and_two_submissions_have_two(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    server.script(Reply(dropped=True), Reply({}, 503), Reply(job(), 201))
    assert client.jobs.create({"name": "x"}).id == JOB
    keys = {asked.headers["idempotency-key"] for asked in server.asked}
    assert len(server.asked) == 3 and len(keys) == 1
    client.jobs.create({"name": "x"})
    assert server.asked[-1].headers["idempotency-key"] not in keys


def test_a_key_of_the_caller_is_the_one_that_is_sent(server: FaultyService, client: Any) -> None:
    server.script(Reply(job(), 201))
    client.jobs.create({"name": "x"}, idempotency_key="nightly-2026-03-02")
    assert server.asked[0].headers["idempotency-key"] == "nightly-2026-03-02"


@pytest.mark.parametrize("key", ["", "with space", "x" * 257, "grün"])
def test_a_key_that_no_header_carries_is_refused_before_anything_is_sent(
    server: FaultyService, client: Any, key: str
) -> None:
    """An empty one is a variable that was not set: to make one up would do things twice."""
    with pytest.raises(InputError, match="visible ASCII"):
        client.jobs.create({"name": "x"}, idempotency_key=key)
    assert server.asked == []


def test_a_change_that_may_have_been_made_is_not_made_twice(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    server.script(Reply(dropped=True))
    with pytest.raises(ConnectionFailed):
        client.projects.update("a", weight=2)
    assert len(server.asked) == 1
    server.script(Reply({}, 503), Reply(dropped=True))  # 503: it was not made
    with pytest.raises(ConnectionFailed):
        client.projects.update("a", weight=2)
    assert len(server.asked) == 3


def test_the_service_says_how_long_to_wait(server: FaultyService, client: Any, pauses: list[float]) -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    server.script(
        problem(503, "unavailable", headers={"Retry-After": "7"}),
        problem(429, "too-many-requests", headers={"Retry-After": in_a_minute}),
        Reply(HEALTH),
    )
    client.health()
    assert pauses[0] == 7 and 55 < pauses[1] <= 60


def test_nobody_waits_longer_than_two_minutes(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    server.script(problem(429, "queue-full", headers={"Retry-After": "121"}))
    with pytest.raises(TooManyRequests) as caught:
        client.health()
    assert caught.value.retry_after == 121 and len(server.asked) == 1


def test_the_service_says_whether_to_ask_again(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    server.script(problem(500, "internal", headers={"x-should-retry": "false"}))
    with pytest.raises(ServerError):
        client.health()
    assert len(server.asked) == 1
    server.script(problem(409, "conflict", headers={"x-should-retry": "true"}), Reply(HEALTH))
    assert client.health().status == "ok"


def test_an_end_comes_after_max_retries(server: FaultyService, client: Any, pauses: list[float]) -> None:
    server.script(problem(503, "unavailable", "down"))
    with pytest.raises(ServerError, match="down"):
        client.with_options(max_retries=4).health()
    assert len(server.asked) == 5
    with pytest.raises(ServerError):
        client.with_options(max_retries=0).health()
    assert len(server.asked) == 6


def test_silence_is_an_error_of_its_own(server: FaultyService, client: Any) -> None:
    server.script(Reply(held=True))
    with pytest.raises(TimedOut, match=r"within 0\.2 seconds"):
        client.with_options(timeout=0.2, max_retries=0).health()


def test_a_service_that_is_not_there_is_named_as_that(make_client: Any, pauses: list[float]) -> None:
    with pytest.raises(ConnectionFailed, match="cannot be reached"):
        make_client("http://127.0.0.1:1").health()
    assert len(pauses) == 2


def test_an_error_tells_all_that_the_service_said(server: FaultyService, client: Any) -> None:
    server.script(
        problem(
            403,
            "refused",
            "the address is refused",
            where="sources.a.url",
            remedy="ask the operator",
            request_id="req_1",
            errors=[{"where": "sources.a.url", "message": "refused"}],
        )
    )
    with pytest.raises(NotAllowed) as caught:
        client.jobs.get(JOB)
    error = caught.value
    assert (error.status, error.code, error.where, error.remedy) == (
        403,
        "refused",
        "sources.a.url",
        "ask the operator",
    )
    assert error.request_id == "req_1" and error.errors[0].message == "refused"
    assert "ask the operator" in str(error)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Reply(b"<html>bad gateway</html>", 502, {"content-type": "text/html"}), "status 502"),
        (Reply(b"upstream is\n gone", 502, {"content-type": "text/plain"}), "upstream is gone"),
        (Reply([1, 2], 418), "status 418"),
        (Reply({"error": {"message": "of OpenAI's form"}}, 400), "of OpenAI's form"),
        (Reply({}, 307, {"location": "https://else.example/"}), "towards https://else.example/"),
        (Reply(b"<html>a portal</html>", 200), "is not the Health"),
        (Reply({"status": "ok"}, 200), r"is not the Health .*version"),
    ],
)
def test_an_answer_of_something_else_is_an_error_that_says_so(
    server: FaultyService, client: Any, said: Reply, words: str
) -> None:
    server.script(said)
    with pytest.raises(Exception, match=words) as caught:
        client.with_options(max_retries=0).health()
    assert "portal" not in str(caught.value)


def test_what_a_newer_service_says_more_is_kept(server: FaultyService, client: Any) -> None:
    server.script(Reply(job(carbon_grams=12)))
    assert client.jobs.get(JOB).carbon_grams == 12


@pytest.mark.parametrize(
    "make",
    [
        lambda client: client.webhooks.rotate_secret("hook_1"),
        lambda client: client.webhooks.test("hook_1"),
    ],
)
def test_what_is_done_anew_each_time_is_not_asked_twice(
    server: FaultyService, client: Any, pauses: list[float], make: Any
) -> None:
    server.script(Reply(dropped=True))
    with pytest.raises(ConnectionFailed):
        make(client)
    assert len(server.asked) == 1 and "idempotency-key" not in server.asked[0].headers


@pytest.mark.parametrize(
    "make",
    [
        lambda client, **more: client.keys.create("ci", **more),
        lambda client, **more: client.webhooks.create("ops", "https://ops.example", **more),
    ],
)
def test_a_secret_whose_answer_was_lost_is_not_made_twice_and_what_was_made_is_named(
    server: FaultyService, client: Any, pauses: list[float], make: Any
) -> None:
    server.script(Reply(dropped=True), problem(409, "conflict", detail="the first request made key_1"))
    with pytest.raises(Conflict, match="made key_1"):
        make(client)
    first, second = (asked.headers["idempotency-key"] for asked in server.asked)
    assert first == second
    server.script(problem(409, "conflict"))
    with pytest.raises(Conflict):
        make(client, idempotency_key="mine")
    assert server.asked[-1].headers["idempotency-key"] == "mine"
