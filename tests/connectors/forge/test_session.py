import json
import socket
import threading
from contextlib import ExitStack

import pytest
from cooldown_connectors.forge.access import forge_client
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Access, Limits
from cooldown_connectors.forge.session import ForgeSession
from cooldown_connectors.http.archive import Recording, Replay, archived
from cooldown_connectors.http.errors import ArchiveEnds, NotFound, OutOfCalls
from hypothesis import given, settings
from hypothesis import strategies as st

from cooldown_kit.errors import InputError
from cooldown_kit.events import Message, encode

from ...support.loopback_server import FakeClock, Said, serving

SECRET = "s3cr3t-t0ken-of-acme"


class Toy:
    """What a session needs of a forge."""

    name = "toy"
    takes = ("pull_requests", "issues")
    hosted = None
    access = Access(lambda token: {"private-token": token}, "a token that may read")
    limits = Limits()
    accept = "application/vnd.toy+json"
    request_refs = None

    def api(self, url):
        return f"{url}/api/v4"


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture
def opened(server, tmp_path, monkeypatch):
    """Sessions of the server, closed when the test ends."""
    monkeypatch.setenv("ACME_TOKEN", SECRET)
    with ExitStack() as stack:

        def make(*, record=None, replay=None, etags=None, emit=lambda event: None, clock=None, **values):
            options = ForgeOptions(
                connector="toy",
                repository="acme/payments",
                url=server.url,
                **{"token": "env:ACME_TOKEN", "reserve": 0, **values},
            )
            if replay is not None:
                asking = Replay(replay)
            else:
                asking = stack.enter_context(
                    forge_client(
                        Toy(), options, folder=tmp_path, emit=emit, source="forge", clock=clock or FakeClock()
                    )
                )
                if record is not None:
                    asking = Recording(asking, record)
            return stack.enter_context(
                ForgeSession(asking, Toy(), options, owner="acme", name="payments", etags=etags)
            )

        yield make


def listing(count, bears=10**9, header=True, calls=None):
    """Answers for a list of `count` numbers that breaks where a page is larger than `bears`."""

    def answer(asked):
        page, size = int(asked.query["page"]), int(asked.query["per_page"])
        if size > bears and size > 1:
            return Said("<html>Bad gateway", 502)
        items = list(range((page - 1) * size, min(count, page * size)))
        links = (
            {"link": f'<{page + 1}>; rel="next"' if page * size < count else '<1>; rel="first"'}
            if header
            else {}
        )
        return Said(items, headers={**links, "x-total-count": str(count)})

    return answer


def everything(session, size=100):
    items, page, more = [], 1, True
    while more:
        listed = session.numbered("/pulls", {"state": "all"}, page, size)
        items += listed.items
        page, more = page + 1, listed.more
    return items


def test_a_question_goes_below_the_apis_root_with_what_the_forge_says_of_it(server, opened):
    session = opened()
    reply = session.get(
        "/projects/1/notes", {"all": True, "n": 3, "label": ["a b", "c&d"]}, headers={"accept": "text/x"}
    )
    assert reply.data == []
    (asked,) = server.asked
    assert asked.path == "/api/v4/projects/1/notes"
    assert asked.query == {"all": "true", "n": "3", "label": "c&d"}
    assert asked.headers["accept"] == "text/x"
    assert asked.headers["private-token"] == SECRET
    assert "authorization" not in asked.headers
    session.get("/projects")
    assert server.asked[1].headers["accept"] == "application/vnd.toy+json"


def test_an_address_that_the_forge_gave_is_asked_as_it_is_with_parameters_replaced(server, opened):
    session = opened()
    reply = session.get(f"{server.url}/api/v4/x?page=2&per_page=100", {"per_page": 50})
    assert server.asked[0].query == {"page": "2", "per_page": "50"}
    assert reply.url == f"{server.url}/api/v4/x?page=2&per_page=50"
    with pytest.raises(InputError, match="nothing was sent there"):
        session.get("https://evil.example/api/v4/x")


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("bears", [1000, 60, 7, 1])
def test_pages_that_are_too_large_are_asked_for_in_parts(server, opened, header, bears):
    server.answer = listing(230, bears, header)
    assert everything(opened()) == list(range(230))


@pytest.mark.parametrize(
    "broken", [Said([0] * 100, cut=20), Said(b"[1, 2, "), Said("late", 504), Said([0], length=9999, cut=3)]
)
def test_whatever_breaks_a_large_page_halves_it(server, opened, broken):
    plain = listing(150)
    server.answer = lambda asked: broken if int(asked.query["per_page"]) > 50 else plain(asked)
    assert everything(opened()) == list(range(150))


def test_an_answer_over_the_bound_is_asked_for_in_parts(server, opened):
    def answer(asked):
        page, size = int(asked.query["page"]), int(asked.query["per_page"])
        return Said([{"n": n, "text": "x" * 5000} for n in range((page - 1) * size, min(40, page * size))])

    server.answer = answer
    session = opened(max_response_size="64KiB")
    assert [item["n"] for item in everything(session, 40)] == list(range(40))


def test_an_item_that_cannot_be_had_ends_the_harvest_with_what_to_do(server, opened):
    server.answer = listing(10, bears=0)
    server.script(Said("no", 502))
    with pytest.raises(InputError, match="8 tries") as caught:
        opened().numbered("/pulls", {}, 1, 4)
    assert "run it again later" in caught.value.remedy


def test_offsets_are_halved_alike(server, opened):
    def answer(asked):
        start, size = int(asked.query["$skip"]), int(asked.query["$top"])
        if size > 30:
            return Said("no", 502)
        return Said({"count": 95, "value": list(range(start, min(95, start + size)))})

    server.answer = answer
    session = opened()
    items, start, more = [], 0, True
    while more:
        listed = session.offset("/prs", {}, start, 40, start_name="$skip", size_name="$top", items="value")
        items += listed.items
        start, more = start + 40, listed.more
    assert items == list(range(95))


@pytest.mark.parametrize("bears", [50, 20, 7, 1])
def test_lists_within_an_object_are_halved_alike(server, opened, bears):
    def answer(asked):
        page, size = int(asked.query["page"]), int(asked.query["pagelen"])
        if size > bears:
            return Said("no", 502)
        more = {"next": "https://cloud.example/2"} if page * size < 61 else {}
        return Said({"values": list(range((page - 1) * size, min(61, page * size))), "size": 61, **more})

    server.answer = answer
    session, found = opened(), []
    for page in (1, 2):
        listed = session.numbered("/requests", {}, page, 50, size_name="pagelen", items="values")
        found += listed.items
        assert (listed.more, listed.total) == (page == 1, 61)
    assert found == list(range(61))


@pytest.mark.parametrize("bears", [50, 20, 7, 1])
def test_a_page_with_gaps_is_asked_for_to_its_end_though_its_halves_are_short(server, opened, bears):
    def answer(asked):
        page, size = int(asked.query["page"]), int(asked.query["per_page"])
        if size > bears:
            return Said("no", 502)
        shown = [number for number in range((page - 1) * size, min(40, page * size)) if number % 10 >= 5]
        return Said(shown, headers={"X-Total-Count": str(len(shown))})

    server.answer = answer
    listed = opened().numbered("/timeline", {}, 1, 50, gaps=True)
    assert listed.items == [number for number in range(40) if number % 10 >= 5]


@pytest.mark.parametrize("bears", [100, 40, 1])
def test_a_list_that_says_where_it_goes_on_is_asked_for_in_smaller_pages(server, opened, bears):
    def answer(asked):
        start, size = int(asked.query["start"]), int(asked.query["limit"])
        if size > bears:
            return Said("no", 504)
        return Said({"values": list(range(start, min(130, start + size))), "nextPageStart": start + size})

    server.answer = answer
    session, start, found = opened(), 0, []
    while start < 130:
        told = session.get("/activities", {"start": start, "limit": 100}, size="limit").data
        found += told["values"]
        start = told["nextPageStart"]
    assert found == list(range(130))


def test_a_forge_that_gives_fewer_items_than_asked_for_loses_none(server, opened):
    def answer(asked):
        start, size = int(asked.query["start"]), min(25, int(asked.query["limit"]))
        return Said({"limit": size, "values": list(range(start, min(95, start + size)))})

    server.answer = answer
    listed = opened().offset("/prs", {}, 0, 100, start_name="start", size_name="limit", items="values")
    assert listed.items == list(range(95))
    assert not listed.more


def test_a_graphql_page_is_halved_and_grows_again(server, opened):
    sizes = []

    def answer(asked):
        assert asked.path == "/api/graphql"
        variables = asked.json["variables"]
        sizes.append(variables["first"])
        if variables["first"] > 20 and len(sizes) < 12:
            return Said({"errors": [{"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "too many nodes"}]})
        return Said({"data": {"nodes": list(range(variables["first"])), "rateLimit": {"cost": 3}}})

    server.answer = answer
    session = opened()
    session.stream = "threads"
    got = [
        len(session.graphql("query", {"first": 50, "after": None}, size="first")["nodes"]) for _ in range(40)
    ]
    assert got[0] == 5 and got[-1] == 50
    assert sorted(set(got)) == [5, 25, 50] or sorted(set(got)) == [5, 50]
    assert session.counted.points == {"threads": 120}
    assert session.counted.calls == {"threads": len(sizes)}


def test_calls_are_counted_by_stream_with_every_try(server, opened):
    server.script(Said("no", 503), Said([1]))
    session = opened()
    session.stream = "issues"
    session.get("/a")
    session.stream = "releases"
    session.get("/b")
    assert session.counted.calls == {"issues": 2, "releases": 1}


def test_a_graphql_answer_without_data_is_said(server, opened):
    server.script(Said([1]))
    with pytest.raises(InputError, match="holds no data") as caught:
        opened().graphql("query { a }", {})
    assert "`url`" in caught.value.remedy


def test_what_is_no_list_is_said(server, opened):
    server.script(Said({"message": "hello"}))
    with pytest.raises(InputError, match="no list"):
        opened().numbered("/pulls", {}, 1, 10)
    with pytest.raises(InputError, match="no list `values`"):
        opened().offset("/pulls", {}, 0, 10, start_name="s", size_name="l", items="values")


def test_a_web_page_in_place_of_the_api_names_the_url(server, opened):
    server.script(
        Said(
            b"<html><title>Sign in \xc2\xb7 Acme</title>",
            headers={"content-type": "text/html; charset=utf-8"},
        )
    )
    with pytest.raises(InputError, match="this is a web page, not the API: Sign in · Acme") as caught:
        opened().get("/projects")
    assert "`url`" in caught.value.remedy


def test_an_etag_goes_along_and_an_unchanged_answer_is_known(server, opened):
    class Etags(dict):
        def put(self, key, etag):
            self[key] = etag

    def answer(asked):
        return (
            Said(None, 304)
            if asked.headers.get("if-none-match") == '"v1"'
            else Said([1], headers={"etag": '"v1"'})
        )

    server.answer = answer
    etags = Etags()
    first = opened(etags=etags)
    assert first.get("/pulls", {"page": 1}, conditional=True).data == [1]
    assert list(etags.values()) == ['"v1"']
    second = opened(etags=etags)
    assert second.get("/pulls", {"page": 1}, conditional=True).unchanged
    assert second.numbered("/pulls", {}, 1, 10, conditional=True).items == [1]
    assert second.numbered("/pulls", {}, 1, 10, conditional=True).items == []
    assert not second.get("/pulls", {"page": 2}, conditional=True).unchanged
    assert not second.get("/pulls", {"page": 1}).unchanged
    assert SECRET not in str(etags)


def conversation(session):
    """Everything that a harvest does, and what it hears."""
    heard = [everything(session, 20)]
    heard.append(
        session.offset("/o", {}, 0, 8, start_name="page", size_name="per_page", items="values").items
    )
    heard.append(dict(session.graphql("q", {"first": 8}, size="first")))
    heard.append(session.post("/wiql", {"query": "é"}).data)
    try:
        session.get("/gone")
    except NotFound as error:
        heard.append((str(error), error.status))
    reply = session.get("/head")
    heard.append((reply.data, dict(reply.headers), reply.link("next")))
    return heard


def talkative(bears):
    plain = listing(70, bears)

    def answer(asked):
        if asked.path.endswith("/gone"):
            return Said({"message": "Not Found"}, 404)
        if asked.path.endswith("/head"):
            return Said(
                {"token": asked.headers["private-token"]},
                headers={"link": "</n>; rel=next", "x-request-id": "1"},
            )
        if asked.path.endswith("/wiql"):
            return Said(asked.json)
        if asked.path.endswith("/graphql"):
            first = asked.json["variables"]["first"]
            if first > bears:
                return Said({"errors": [{"message": "Something went wrong while executing your query."}]})
            return Said({"data": {"first": first}})
        if asked.path.endswith("/o"):
            size = int(asked.query["per_page"])
            if size > bears:
                return Said("", 502)
            return Said({"values": list(range(int(asked.query["page"]), int(asked.query["page"]) + size))})
        return plain(asked)

    return answer


@pytest.mark.parametrize("bears", [1000, 10, 4, 1])
def test_a_replay_hears_what_the_harvest_heard_and_opens_no_socket(
    server, opened, tmp_path, monkeypatch, bears
):
    server.answer = talkative(bears)
    session = opened(record=tmp_path / "archive")
    live = conversation(session)
    session.close()
    asked = len(server.asked)
    content = b"".join(path.read_bytes() for path in (tmp_path / "archive").iterdir())
    assert SECRET.encode() not in content

    def refuse(*arguments, **values):
        raise AssertionError("a socket")

    monkeypatch.setattr(socket, "socket", refuse)
    again = opened(replay=archived(tmp_path / "archive")[0])
    assert conversation(again) == live
    assert again.counted.calls == {} and again.counted.points == {}
    assert len(server.asked) == asked


@settings(max_examples=40)
@given(most=st.integers(1, 40), bears=st.sampled_from([1000, 10, 4]))
def test_a_harvest_that_ended_anywhere_replays_up_to_there_and_then_says_so(tmp_path_factory, most, bears):
    folder = tmp_path_factory.mktemp("archive")
    with serving() as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACME_TOKEN", SECRET)
        server.answer = talkative(bears)
        options = ForgeOptions(
            connector="toy", repository="a/b", url=server.url, token="env:ACME_TOKEN", max_calls=most
        )
        heard, replayed = [], []
        with (
            forge_client(
                Toy(), options, folder=folder, emit=lambda event: None, source="f", clock=FakeClock()
            ) as client,
            ForgeSession(Recording(client, folder), Toy(), options, owner="a", name="b") as session,
            pytest.raises(OutOfCalls),
        ):
            while True:
                heard.append(everything(session, 20))
        for path in archived(folder):  # none where nothing was answered
            with (
                ForgeSession(Replay(path), Toy(), options, owner="a", name="b") as session,
                pytest.raises(ArchiveEnds),
            ):
                while True:
                    replayed.append(everything(session, 20))
    assert replayed == heard


def test_sessions_of_several_repositories_share_the_budget_of_their_client(server, tmp_path):
    options = ForgeOptions(connector="toy", repository=["a/b", "a/c"], url=server.url, max_calls=3)
    with forge_client(Toy(), options, folder=tmp_path, emit=lambda event: None, source="f") as client:
        sessions = [ForgeSession(client, Toy(), options, owner="a", name=name) for name in "bc"]
        for session in sessions:
            session.get("/x")
        sessions[0].get("/x")
        with pytest.raises(OutOfCalls):
            sessions[1].get("/x")


def test_several_threads_may_ask_one_session(server, opened, tmp_path):
    server.answer = lambda asked: Said(asked.path)
    session = opened(record=tmp_path / "archive")
    heard = {}

    def ask(own):
        for number in range(20):
            heard[own, number] = session.get(f"/{own}/{number}").data

    threads = [threading.Thread(target=ask, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {(own, n): f"/api/v4/{own}/{n}" for own in range(4) for n in range(20)}
    assert session.counted.calls == {"": 80}


def test_a_session_knows_what_the_recipe_takes(server, opened):
    session = opened(take=["issues"], since="2026-01-02")
    assert session.takes == {"issues"}
    assert session.since.isoformat() == "2026-01-02T00:00:00+00:00"
    assert (session.owner, session.name, session.url) == ("acme", "payments", server.url)
    assert session.authenticated
    assert not opened(token=[]).authenticated


def test_a_forge_that_everybody_runs_themselves_needs_its_address(tmp_path):
    options = ForgeOptions(connector="toy", repository="a/b")
    with pytest.raises(InputError, match="where this one is"):
        forge_client(Toy(), options, folder=tmp_path, emit=lambda event: None, source="f")


def test_tokens_named_twice_or_equal_are_one(server, tmp_path, monkeypatch):
    monkeypatch.setenv("ONE", SECRET)
    monkeypatch.setenv("TWO", SECRET)
    server.script(Said({"message": "Bad credentials"}, 401))
    options = ForgeOptions(
        connector="toy", repository="a/b", url=server.url, token=["env:ONE", "env:TWO", "env:ONE"]
    )
    events = []
    with (
        forge_client(Toy(), options, folder=tmp_path, emit=events.append, source="f") as client,
        pytest.raises(InputError, match="Bad credentials"),
    ):
        ForgeSession(client, Toy(), options, owner="a", name="b").get("/x")
    assert len(server.asked) == 1
    assert [event for event in events if isinstance(event, Message)] == []


def test_the_token_is_in_no_process_argument_no_event_and_no_file(server, opened, tmp_path):
    from pathlib import Path

    events = []
    server.answer = talkative(10)
    session = opened(record=tmp_path / "archive", emit=events.append)
    conversation(session)
    told = [encode(event).decode() for event in events] + [repr(vars(session)), repr(session.counted)]
    told += [path.read_text("utf-8", "replace") for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert all(SECRET not in text for text in told)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert written and all(SECRET.encode() not in content for content in written)
    assert json.dumps(SECRET) not in str(server.asked[0].query)
