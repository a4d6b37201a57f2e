"""The key goes to the service, and nowhere else."""

from __future__ import annotations

import logging
import pickle
import traceback
from typing import Any

import pytest

from cooldown_kit.client.client import Client
from cooldown_kit.errors import CooldownError, InputError
from faulty_service import FaultyService, Reply, problem

KEY = "ck_test_secret"


@pytest.mark.parametrize(
    "said", [problem(401, "not-authenticated"), Reply(dropped=True), Reply(b"?"), Reply({}, 500)]
)
def test_no_error_traceback_or_log_holds_the_key(
    server: FaultyService, client: Any, said: Reply, caplog: pytest.LogCaptureFixture, pauses: list[float]
) -> None:
    caplog.set_level(logging.DEBUG)
    server.script(said)
    with pytest.raises(CooldownError) as caught:
        client.me()
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert KEY not in shown + caplog.text + repr(caught.value) + str(vars(caught.value))
    assert caught.value.__cause__ is None and caught.value.__context__ is None


def test_no_representation_holds_the_key(client: Any) -> None:
    assert KEY not in repr(client) + repr(client.jobs) + repr(vars(client.jobs)) + repr(client._link)


def test_a_job_can_be_shown_without_the_key(server: FaultyService, client: Any) -> None:
    from service_answers import JOB, job

    server.script(Reply(job()))
    found = client.jobs.get(JOB)
    assert KEY not in repr(found) + found.model_dump_json()
    assert repr(found).endswith("'handbook' queued>")


def test_a_redirect_does_not_take_the_key_along(server: FaultyService, client: Any) -> None:
    server.answer = lambda asked: Reply({}, 307, {"location": f"{server.url}/elsewhere"})
    with pytest.raises(CooldownError, match="follows no redirects"):
        client.me()
    assert [asked.path for asked in server.asked] == ["/v1/me"]


@pytest.mark.parametrize("key", ["ck_abc\n", "ck abc", "ck_äbc", "ck_a\x00"])
def test_a_key_that_cannot_be_one_is_refused_unseen(key: str) -> None:
    with pytest.raises(InputError) as caught:
        Client("http://127.0.0.1:1", key)
    assert key not in str(caught.value) and key.strip() not in str(caught.value)


def test_a_key_among_the_headers_is_refused() -> None:
    with pytest.raises(ValueError, match="api_key"):
        Client("http://127.0.0.1:1", headers={"Authorization": "Bearer x"})


def test_an_error_survives_being_sent_between_processes() -> None:
    from cooldown_kit.client.errors import NotFound

    error = pickle.loads(
        pickle.dumps(NotFound(404, "gone", code="not-found", where="x", remedy="y", request_id="r"))
    )
    assert (error.status, error.detail, error.code, error.where, error.request_id) == (
        404,
        "gone",
        "not-found",
        "x",
        "r",
    )
