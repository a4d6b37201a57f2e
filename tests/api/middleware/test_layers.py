"""What every request passes: ids, headers, names, limits, and an answer whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from cooldown_api.settings import LimitSettings
from fastapi.testclient import TestClient

MakeClient = Callable[..., TestClient]


def test_an_id_that_is_one_is_kept_and_any_other_is_replaced(make_client: MakeClient) -> None:
    client = make_client()
    for given in ("a", "A-b_c.9", "x" * 64):
        assert client.get("/v1/things/1", headers={"X-Request-ID": given}).headers["x-request-id"] == given
    for given in ("", "x" * 65, "a b", "é".encode(), 'a"', "a;b"):
        made = client.get("/v1/things/1", headers={"X-Request-ID": given}).headers["x-request-id"]
        assert made.startswith("req_")
    assert client.get("/v1/nothing").json()["request_id"].startswith("req_")


def test_every_answer_has_the_headers_that_browsers_heed(make_client: MakeClient) -> None:
    client = make_client()
    bad_host = {"Host": "evil.example"}
    answers = [
        client.get("/v1/things/1"),
        client.get("/v1/nothing"),
        client.get("/v1/broken"),
        client.get("/v1/things/1", headers=bad_host),
        client.post("/v1/echo", content=b"x" * (2 << 20)),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 500, 403, 413]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"].startswith("req_")


def test_a_page_keeps_its_own_policy(make_client: MakeClient) -> None:
    answer = make_client().get("/page")
    assert answer.headers["content-security-policy"] == "default-src 'self'"
    assert answer.headers["cache-control"] == "max-age=5"
    assert answer.headers["x-frame-options"] == "DENY"


def test_what_nobody_caught_is_a_problem_and_its_words_stay_here(make_client: MakeClient) -> None:
    answer = make_client().get("/v1/broken")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "internal"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "ck_" not in answer.text


def test_an_answer_that_broke_off_does_not_look_whole(make_client: MakeClient) -> None:
    client = make_client()
    client._transport.raise_server_exceptions = True  # type: ignore[attr-defined]
    with pytest.raises(RuntimeError, match="in the middle"):
        client.get("/v1/half")


def test_a_name_is_checked_where_a_list_says_which_there_are(make_client: MakeClient) -> None:
    client = make_client(auth="required", allowed_hosts=["api.example.com", "*.internal.example"])
    for host in ("api.example.com", "API.example.com:443", "a.internal.example", "localhost"):
        assert client.get("/v1/things/1", headers={"Host": host}).status_code == 200, host
    for host in ("example.com", "api.example.com.evil.example", "internal.example", "192.0.2.1"):
        assert client.get("/v1/things/1", headers={"Host": host}).status_code == 403, host
    open_to_all = make_client(auth="required", allowed_hosts=[])
    assert open_to_all.get("/v1/things/1", headers={"Host": "any.example"}).status_code == 200


def test_probes_ask_by_address(make_client: MakeClient) -> None:
    client = make_client(allowed_hosts=[])
    assert (
        client.get("/v1/health", headers={"Host": "10.1.2.3:8017"}).status_code == 404
    )  # not 403: no such route here
    assert client.get("/v1/things/1", headers={"Host": "10.1.2.3:8017"}).status_code == 403


def test_a_path_with_a_nul_is_nowhere(make_client: MakeClient) -> None:
    assert make_client().get("/v1/things/a%00b").status_code == 404


def test_bodies_are_bounded_whether_they_say_their_size_or_not(make_client: MakeClient) -> None:
    client = make_client(limits=LimitSettings(body_bytes=1000, upload_bytes=5000))

    def chunks(total: int) -> Iterator[bytes]:
        for _ in range(total // 100):
            yield b" " * 100

    json = {"Content-Type": "application/json"}
    fits = b"{" + b" " * 998 + b"}"
    assert client.post("/v1/echo", content=fits, headers=json).status_code == 200
    assert client.post("/v1/echo", content=fits + b" ", headers=json).status_code == 413
    for size in (1100, 100_000):
        answer = client.post("/v1/echo", content=chunks(size), headers=json)
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
        assert answer.headers["connection"] == "close"
    lying = client.post("/v1/echo", content=chunks(2000), headers={**json, "Content-Length": "10"})
    assert lying.status_code == 413


def test_uploads_have_a_limit_of_their_own(make_client: MakeClient) -> None:
    client = make_client(limits=LimitSettings(body_bytes=1000, upload_bytes=1 << 20))
    assert client.post("/v1/files", content=b"x" * (1 << 20)).json() == 1 << 20
    assert client.post("/v1/files", content=b"x" * (3 << 20)).status_code == 413
    assert client.post("/v1/files", content=iter([b"x" * (1 << 20)] * 3)).status_code == 413


def test_requests_are_logged_by_their_template_and_nothing_secret_is(
    make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    client = make_client()
    with caplog.at_level(logging.INFO, "cooldown.requests"):
        client.get("/v1/things/hunter2?token=hunter2", headers={"Authorization": "Bearer hunter2"})
    (line,) = [record for record in caplog.records if record.name == "cooldown.requests"]
    assert (line.route, line.status, line.method) == ("/v1/things/{id}", 200, "GET")  # type: ignore[attr-defined]
    assert "hunter2" not in str(vars(line))


def test_a_traceparent_is_handed_on_where_it_is_one(make_client: MakeClient) -> None:
    client = make_client()
    good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert client.get("/v1/things/1", headers={"traceparent": good}).json()["traceparent"] == good
    for bad in ("", "00-" + "0" * 32 + "-00f067aa0ba902b7-01", good + "x", good.upper(), "a"):
        assert client.get("/v1/things/1", headers={"traceparent": bad}).json()["traceparent"] is None
