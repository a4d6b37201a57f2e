"""Every event once, in order, whatever happens to the connection."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.client import following
from cooldown_kit.client.actions import Answer, Close, Give, Open, Pause, Read, Send
from cooldown_kit.client.call import CallOptions
from cooldown_kit.client.errors import ConnectionFailed, NotFound
from faulty_service import Asked, FaultyService, Reply, problem
from service_answers import JOB, event, job, page, sse

END = {"state": "succeeded", "reason": "finished", "detail": "", "attempt": 1}
HISTORY = [
    event(1, "state", state="queued"),
    *(event(n, text=f"ä{n}") for n in range(2, 9)),
    event(9, "state", **END),
]


def after(asked: Asked) -> int:
    return int(asked.headers.get("last-event-id", 0))


def ids(client: Any, **options: Any) -> list[int]:
    server_job = client.jobs.get(JOB)
    return [said.id for said in server_job.stream(**options)]


def serve(server: FaultyService, stream: Any) -> None:
    server.answer = lambda asked: stream(asked) if asked.path.endswith("/stream") else Reply(job("running"))


def test_a_stream_gives_every_event_and_ends_with_the_job(server: FaultyService, client: Any) -> None:
    serve(
        server,
        lambda asked: Reply(
            pieces=[b": keep-alive\n\n", *map(sse, HISTORY), b"event: end\ndata: [DONE]\n\n"]
        ),
    )
    assert ids(client) == list(range(1, 10))


@pytest.mark.parametrize("torn", [True, False])
@pytest.mark.parametrize("cut", range(1, 400, 37))
def test_a_stream_that_is_cut_anywhere_is_taken_up_where_it_was(
    server: FaultyService, client: Any, pauses: list[float], cut: int, torn: bool
) -> None:
    rounds = count()

    def stream(asked: Asked) -> Reply:
        rest = b"".join(sse(said) for said in HISTORY if said["id"] > after(asked))
        return Reply(pieces=[rest[: cut + 150 * next(rounds)]], torn=torn)

    serve(server, stream)
    assert ids(client) == list(range(1, 10))


def test_what_a_service_sends_twice_is_given_once(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    rounds = count()
    serve(server, lambda asked: Reply(pieces=[*map(sse, HISTORY[: 3 + 3 * next(rounds)])], torn=True))
    assert ids(client) == list(range(1, 10))


def test_what_is_missing_in_between_is_asked_for(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    asked_after = []

    def stream(asked: Asked) -> Reply:
        asked_after.append(after(asked))
        left = [said for said in HISTORY if said["id"] > after(asked)]
        return Reply(pieces=[sse(said) for said in left if said["id"] != 4 or len(asked_after) > 1])

    serve(server, stream)
    assert ids(client) == list(range(1, 10))
    assert asked_after == [0, 3]


def test_what_is_no_longer_kept_does_not_hold_up_the_rest(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    serve(
        server,
        lambda asked: Reply(pieces=[sse(said) for said in HISTORY if said["id"] > max(4, after(asked))]),
    )
    assert ids(client) == [5, 6, 7, 8, 9]


def test_a_restart_of_the_service_is_waited_through(
    server: FaultyService, client: Any, pauses: list[float]
) -> None:
    rounds = iter(
        [
            Reply(pieces=[*map(sse, HISTORY[:2])], torn=True),
            Reply(dropped=True),
            problem(503, "unavailable"),
            Reply(dropped=True),
        ]
    )
    serve(
        server,
        lambda asked: next(rounds, None) or Reply(pieces=[sse(s) for s in HISTORY if s["id"] > after(asked)]),
    )
    assert ids(client) == list(range(1, 10))
    assert pauses[:3] == [0.5, 1.0, 2.0]


def test_only_the_types_asked_for_are_given_and_the_end_is_still_seen(
    server: FaultyService, client: Any
) -> None:
    serve(server, lambda asked: Reply(pieces=[sse(event(3, "metric", step=1)), sse(HISTORY[-1])]))
    assert ids(client, types={"metric"}) == [3]
    assert ("types", "state") in server.asked[-1].query and ("types", "metric") in server.asked[-1].query


def test_a_stream_begins_after_what_was_seen(server: FaultyService, client: Any) -> None:
    serve(server, lambda asked: Reply(pieces=[sse(said) for said in HISTORY if said["id"] > after(asked)]))
    assert ids(client, after=7) == [8, 9]


def test_the_stream_of_a_job_whose_end_was_seen_is_empty(server: FaultyService, client: Any) -> None:
    server.answer = lambda asked: (
        Reply(pieces=[]) if asked.path.endswith("stream") else Reply(job("succeeded"))
    )
    assert ids(client, after=9) == []


def test_a_job_that_is_gone_ends_its_stream_with_an_error(server: FaultyService, client: Any) -> None:
    serve(server, lambda asked: problem(404, "not-found"))
    with pytest.raises(NotFound):
        ids(client)


def test_a_stream_that_is_left_closes_its_connection(server: FaultyService, client: Any) -> None:
    serve(server, lambda asked: Reply(pieces=[*map(sse, HISTORY)]))
    stream = client.jobs.get(JOB).stream()
    assert next(stream).id == 1
    stream.close()
    assert client.jobs.get(JOB).state == "running"


def test_events_so_far_are_listed_page_by_page(server: FaultyService, client: Any) -> None:
    def answer(asked: Asked) -> Reply:
        if not asked.path.endswith("/events"):
            return Reply(job("running"))
        first = int(dict(asked.query).get("after", 0))
        return Reply(page(HISTORY[first : first + 4], more=first + 4 < len(HISTORY)))

    server.answer = answer
    assert [said.id for said in client.jobs.get(JOB).events()] == list(range(1, 10))
    assert [said.id for said in client.jobs.get(JOB).events(limit=5)] == [1, 2, 3, 4, 5]


class Away(Exception):
    """The service of the model below is gone for good."""


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1500), st.integers(1, 60), st.sampled_from(["cut", "end", "refuse", "busy"])
        ),
        max_size=12,
    ),
    st.integers(0, 8),
)
def test_any_way_of_breaking_gives_each_event_once(breaks: list[tuple[int, int, str]], seen: int) -> None:
    """The flow alone, carried out by hand: the service breaks in any way, then behaves."""
    import httpx

    flow = following.follow(JOB, CallOptions(), after=seen)
    script = iter(breaks)
    body, size, how = b"", 1, "end"
    given_ids: list[int] = []
    action = next(flow)
    try:
        while True:
            match action:
                case Open(request):
                    length, size, how = next(script, (1 << 20, 1 << 20, "end"))
                    last = int(request.headers["last-event-id"])
                    body = b"".join(sse(said) for said in HISTORY if said["id"] > last)[:length]
                    if how == "refuse":
                        action = flow.throw(httpx.ConnectError("refused"))
                    else:
                        action = flow.send(Answer(503 if how == "busy" else 200, httpx.Headers(), b""))
                case Read() if body:
                    piece, body = body[:size], body[size:]
                    action = flow.send(piece)
                case Read() if how == "cut":
                    action = flow.throw(httpx.ReadError("reset"))
                case Read():
                    action = flow.send(None)
                case Send():
                    import json

                    action = flow.send(Answer(200, httpx.Headers(), json.dumps(job("running")).encode()))
                case Give(item):
                    given_ids.append(item.id)
                    action = flow.send(None)
                case Pause() | Close():
                    action = flow.send(None)
    except StopIteration:
        pass
    assert given_ids == list(range(seen + 1, 10))


def test_a_service_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    clock = count(0, 30)
    monkeypatch.setattr(following.time, "monotonic", lambda: float(next(clock)))
    flow = following.follow(JOB, CallOptions())
    action = next(flow)
    with pytest.raises(ConnectionFailed):
        for _ in range(1000):
            action = (
                flow.throw(httpx.ConnectError("refused")) if isinstance(action, Open) else flow.send(None)
            )
