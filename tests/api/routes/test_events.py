"""Events and logs as lists, and as streams from a real server that miss nothing and repeat nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from cooldown_api.streaming import streams
from fastapi.testclient import TestClient

from cooldown_kit.client.sse import EventParser, ServerEvent
from cooldown_kit.client.states import State
from job_rows import add_events, add_job, add_lines, move
from live_server import live_api

Make = Callable[..., Settings]


def messages(response: httpx.Response) -> Iterator[ServerEvent]:
    parser = EventParser()
    for piece in response.iter_bytes():
        yield from parser.feed(piece)


def read(address: str, path: str, last_id: str | None = None, most: int | None = None) -> list[ServerEvent]:
    """What a stream sends until its end, or until ``most`` messages came."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    found: list[ServerEvent] = []
    with httpx.stream("GET", address + path, headers=headers, timeout=60) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        for message in messages(response):
            found.append(message)
            if len(found) == most:
                break
    return found


# ---------------------------------------------------------------- lists


def test_events_are_listed_oldest_first_and_numbered_without_gaps(
    client: TestClient, service: Service
) -> None:
    id = add_job(service)
    add_events(service, id, 4)
    add_events(service, id, 1, "metric")
    first = client.get(f"/v1/jobs/{id}/events?limit=4").json()
    assert [event["id"] for event in first["data"]] == [1, 2, 3, 4]
    assert (first["has_more"], first["last_id"]) == (True, "4")
    rest = client.get(f"/v1/jobs/{id}/events?after=4").json()
    assert [(event["id"], event["type"]) for event in rest["data"]] == [(5, "message"), (6, "metric")]
    for query in ("types=state&types=metric", "types=state,metric"):
        found = client.get(f"/v1/jobs/{id}/events?{query}").json()["data"]
        assert [event["id"] for event in found] == [1, 6]


def test_lines_of_a_log_are_found_across_chunks(client: TestClient, service: Service) -> None:
    id = add_job(service)
    for start in range(0, 9, 3):
        add_lines(service, id, [f"line {number}" for number in range(start + 1, start + 4)])
    add_lines(service, id, ["again"], attempt=2)

    def numbers(query: str) -> list[int]:
        return [line["id"] for line in client.get(f"/v1/jobs/{id}/logs?{query}").json()["data"]]

    assert numbers("") == list(range(1, 11))
    assert numbers("after=4&lines=3") == [5, 6, 7]
    assert numbers("tail=true&lines=4") == [7, 8, 9, 10]
    assert numbers("tail=true&lines=2&attempt=1") == [8, 9]
    assert numbers("after=4&attempt=2") == [10]
    assert numbers("after=10") == []
    page = client.get(f"/v1/jobs/{id}/logs?lines=3").json()
    assert (page["has_more"], page["last_id"], page["data"][2]["text"]) == (True, "3", "line 3")
    assert client.get(f"/v1/jobs/{id}/logs?tail=true&after=3").status_code == 422


# ---------------------------------------------------------------- streams


def test_a_stream_tells_what_happened_and_happens_and_ends(make_settings: Make) -> None:
    with live_api(make_settings()) as (address, service):
        id = add_job(service)
        add_events(service, id, 3)
        timer = threading.Timer(0.3, move, (service, id, State.SUCCEEDED))
        timer.start()
        found = read(address, f"/v1/jobs/{id}/events/stream")
        timer.join()
    assert [message.event for message in found[:4]] == ["state", "message", "message", "message"]
    assert [message.id for message in found[:-2]] == [str(number) for number in range(1, len(found) - 1)]
    assert found[-2].event == "end"
    assert json.loads(found[-2].data) == {"job": id, "state": "succeeded", "reason": "finished", "detail": ""}
    assert found[-1].data == "[DONE]"
    assert json.loads(found[0].data)["data"]["state"] == "queued"


def test_a_list_is_a_stream_for_who_accepts_one(make_settings: Make) -> None:
    with live_api(make_settings()) as (address, service):
        id = add_job(service)
        move(service, id, State.CANCELLED)
        response = httpx.get(
            f"{address}/v1/jobs/{id}/events?after=1", headers={"accept": "text/event-stream"}
        )
    assert response.text.startswith("event: state\ndata: {")
    assert "id: 2\n" in response.text
    assert response.text.endswith("data: [DONE]\n\n")


def test_types_and_what_is_included_are_chosen(make_settings: Make) -> None:
    with live_api(make_settings()) as (address, service):
        id = add_job(service)
        add_events(service, id, 2, "metric")
        add_lines(service, id, ["a", "b"])
        move(service, id, State.CANCELLED)
        base = f"/v1/jobs/{id}/events/stream"

        def names(query: str) -> list[str]:
            return [message.event for message in read(address, base + query)][:-2]

        assert names("") == ["state", "state"]
        assert names("?include=metrics") == ["state", "metric", "metric", "state"]
        assert names("?types=metric") == ["metric", "metric"]
        assert names("?include=logs") == ["state", "state", "log", "log"]
        assert names("?include=logs&after=4.1") == ["log"]
        logs = read(address, f"/v1/jobs/{id}/logs/stream?after=1")
        assert [(message.event, message.id) for message in logs[:-2]] == [("log", "2")]
        assert json.loads(logs[0].data)["text"] == "b"
        assert httpx.get(f"{address}{base}?include=all").status_code == 422
        assert httpx.get(f"{address}{base}", headers={"Last-Event-ID": "x"}).status_code == 422
        assert httpx.get(f"{address}/v1/jobs/job_none/events/stream").status_code == 404


def test_every_event_comes_exactly_once_over_reconnects_and_a_restart(make_settings: Make) -> None:
    """A reader that is cut off after a few messages goes on with the last id; half-way the server is another process's."""
    settings = make_settings()
    seen: list[str] = []
    logs: list[str] = []
    last: str | None = None
    id = ""
    for part in range(2):
        with live_api(settings) as (address, service):
            id = id or add_job(service)
            for _ in range(4):
                add_events(service, id, 7)
                add_lines(service, id, ["x", "y"])
                for message in read(address, f"/v1/jobs/{id}/events/stream?include=logs", last, most=5):
                    last = message.id
                    (logs if message.event == "log" else seen).append(str(json.loads(message.data)["id"]))
            if part == 1:
                move(service, id, State.CANCELLED)
                for message in read(address, f"/v1/jobs/{id}/events/stream?include=logs", last)[:-2]:
                    (logs if message.event == "log" else seen).append(str(json.loads(message.data)["id"]))
                total = client_total(address, id)
    assert seen == [str(number) for number in range(1, total + 1)]
    assert logs == [str(number) for number in range(1, 17)]


def client_total(address: str, id: str) -> int:
    return len(httpx.get(f"{address}/v1/jobs/{id}/events?limit=1000").json()["data"])


def test_long_histories_come_whole_and_in_order(make_settings: Make) -> None:
    with live_api(make_settings()) as (address, service):
        id = add_job(service)
        add_events(service, id, 450)
        add_lines(service, id, [f"{number}" for number in range(1200)])
        move(service, id, State.CANCELLED)
        found = read(address, f"/v1/jobs/{id}/events/stream?include=logs")[:-2]
    events = [json.loads(message.data)["id"] for message in found if message.event != "log"]
    lines = [json.loads(message.data)["id"] for message in found if message.event == "log"]
    assert events == list(range(1, 453))
    assert lines == list(range(1, 1201))


def test_a_quiet_stream_is_kept_alive(make_settings: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PING_SECONDS", 0.05)
    with live_api(make_settings()) as (address, service):
        id = add_job(service)
        with httpx.stream("GET", f"{address}/v1/jobs/{id}/events/stream", timeout=30) as response:
            text = ""
            for piece in response.iter_text():
                text += piece
                if text.count(": ping") >= 2:
                    break


def test_many_open_streams_leave_ordinary_requests_answered(make_settings: Make) -> None:
    """200 streams are more than connections of the database and threads; each holds neither while it waits."""
    with live_api(make_settings()) as (address, service), ExitStack() as stack:
        id = add_job(service)
        client = stack.enter_context(httpx.Client(limits=httpx.Limits(max_connections=None), timeout=60))
        url = f"{address}/v1/jobs/{id}/events/stream"
        readers = []
        for _ in range(200):
            response = stack.enter_context(client.stream("GET", url))
            reader = messages(response)
            assert next(reader).event == "state"
            readers.append(reader)

        def ask(_: int) -> int:
            return client.get(f"{address}/v1/jobs").status_code

        with ThreadPoolExecutor(10) as pool:
            assert list(pool.map(ask, range(50))) == [200] * 50
        add_events(service, id, 1)
        assert {next(reader).event for reader in readers} == {"message"}
        # what looks for news takes one for a moment, some times a second
        pool: Any = service.database.engine.pool
        assert any(pool.checkedout() == 0 or time.sleep(0.01) for _ in range(500))


def test_streams_end_at_once_when_the_server_stops(make_settings: Make) -> None:
    with live_api(make_settings()) as (address, service):
        id = add_job(service)
        with httpx.stream("GET", f"{address}/v1/jobs/{id}/events/stream", timeout=30) as response:
            reader = messages(response)
            next(reader)
            service.hub.close()
            assert list(reader) == []  # no `end`: the job goes on, and so may the reader, elsewhere
