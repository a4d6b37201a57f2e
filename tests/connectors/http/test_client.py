import gzip
import threading
import tracemalloc
from email.utils import formatdate, parsedate_to_datetime

import pytest
from cooldown_connectors.http.connection import Connecting
from cooldown_connectors.http.errors import NotFound, OutOfCalls, Refused, TooHeavy
from cooldown_connectors.http.questions import Question

from cooldown_kit.errors import InputError, Stopped
from cooldown_kit.events import Message, Progress, encode

from ...support.loopback_server import Said, serving
from .conftest import SECRET


def get(server, path="/repos/acme/payments/pulls", **values):
    return Question("GET", f"{server.url}{path}", **values)


def texts(events):
    return [event.text for event in events if isinstance(event, Message)]


def test_an_answer_is_read_whole_with_the_token_in_its_header_only(server, made):
    server.script(Said([{"number": 1}], headers={"link": '<x>; rel="next"', "x-other": "1"}))
    answer = made(SECRET).ask(get(server, "/a?b=c"))
    assert answer.data == [{"number": 1}]
    headers = dict(answer.headers)
    assert (
        parsedate_to_datetime(headers.pop("date")).year >= 1970
    )  # ours, where the forge says none: a replay tells the same
    assert headers == {"content-type": "application/json", "link": '<x>; rel="next"'}
    (asked,) = server.asked
    assert asked.token == f"Bearer {SECRET}"
    assert (asked.path, asked.query) == ("/a", {"b": "c"})
    assert asked.headers["user-agent"].startswith("cooldown-kit/")


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 522])
def test_a_status_that_says_later_is_asked_again(server, made, status):
    server.script(Said("no", status=status), Said("no", status=status), Said([1]))
    assert made().ask(get(server)).data == [1]
    assert len(server.asked) == 3


def test_cut_answers_are_asked_again(server, made):
    server.script(
        Said([1, 2, 3], cut=4),  # shorter than its Content-Length
        Said(b'[{"number": 1'),  # whole, but its JSON is cut
        Said(b"", status=200),  # nothing at all
        Said(gzip.compress(b"[1, 2]")[:-9], headers={"content-encoding": "gzip"}),
        Said([1, 2, 3]),
    )
    assert made().ask(get(server)).data == [1, 2, 3]
    assert len(server.asked) == 5


def test_tries_are_bounded_and_the_error_says_what_to_do(server, made, clock):
    server.script(Said("down", status=503))
    with pytest.raises(InputError, match=r"8 tries \(status 503\)") as caught:
        made().ask(get(server))
    assert "run it again later" in caught.value.remedy
    assert len(server.asked) == 8
    assert 0 < clock.passed <= 1 + 2 + 4 + 8 + 16 + 32 + 60


def test_pauses_come_from_a_seeded_stream(server, made, clock):
    server.script(Said("down", status=503))
    passed = []
    for seed in (1, 1, 2):
        before = clock.passed
        with pytest.raises(InputError):
            made(seed=seed).ask(get(server))
        passed.append(round(clock.passed - before, 9))
    assert passed[0] == passed[1] != passed[2]


def test_a_forge_that_was_never_reached_is_given_up_soon(made, server, clock):
    client = made()
    server.shutdown()
    server.server_close()
    with pytest.raises(InputError, match="3 tries") as caught:
        client.ask(get(server))
    assert "check `url`" in caught.value.remedy


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed_in_seconds_and_as_a_date(server, made, clock, status):
    date = formatdate(clock.now() + 100, usegmt=True)
    server.script(
        Said(
            "wait", status=status, headers={"retry-after": "40", "date": formatdate(clock.now(), usegmt=True)}
        ),
        Said([1]),
    )
    client = made()
    client.ask(get(server))
    assert 40 <= clock.passed < 62
    clock.passed = 0
    server.script(
        Said(
            "wait", status=status, headers={"retry-after": date, "date": formatdate(clock.now(), usegmt=True)}
        ),
        Said([2]),
    )
    assert client.ask(get(server)).data == [2]
    assert clock.passed >= 100


def test_a_forge_that_wants_a_day_or_more_ends_the_harvest_at_once(server, made, clock):
    server.script(Said("wait", status=429, headers={"retry-after": "200000"}))
    with pytest.raises(InputError, match="56 hours"):
        made().ask(get(server))
    assert clock.passed == 0


GITHUB = {"x-ratelimit-limit": "5000", "x-ratelimit-resource": "core"}


def github(server, clock, remaining, resets_in, **more):
    return {
        **GITHUB,
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(clock.now() + resets_in)),
        "date": formatdate(clock.now(), usegmt=True),
        **more,
    }


def test_a_primary_limit_is_waited_for_until_its_reset(server, made, clock, events):
    server.script(
        Said({"message": "API rate limit exceeded for user"}, 403, github(server, clock, 0, 1800)), Said([1])
    )
    assert made(SECRET).ask(get(server)).data == [1]
    assert 1800 <= clock.passed < 1810
    assert max(clock.slept) <= 1.0
    assert "waiting until 10:30:0" in texts(events)[0]
    assert sum(isinstance(event, Progress) for event in events) >= 1800


def test_gitlabs_limit_headers_are_understood(server, made, clock):
    headers = {
        "ratelimit-limit": "600",
        "ratelimit-remaining": "0",
        "ratelimit-reset": str(int(clock.now() + 50)),
    }
    server.script(
        Said("Retry later", 429, {**headers, "date": formatdate(clock.now(), usegmt=True)}), Said([1])
    )
    assert made().ask(get(server)).data == [1]
    assert 50 <= clock.passed < 60


def test_a_reset_is_counted_by_the_forges_clock_not_by_ours(server, made, clock):
    theirs = clock.now() - 7200  # our clock is two hours ahead
    headers = {
        **GITHUB,
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(theirs + 600)),
        "date": formatdate(theirs, usegmt=True),
    }
    server.script(Said({"message": "API rate limit exceeded"}, 403, headers), Said([1]))
    made().ask(get(server))
    assert 600 <= clock.passed < 610


def test_the_reserve_is_left_before_the_forge_says_anything(server, made, clock):
    server.script(Said([1], headers=github(server, clock, 500, 900)), Said([2]))
    client = made(SECRET, reserve=0.1)
    client.ask(get(server))
    assert clock.passed == 0
    client.ask(get(server))
    assert 900 <= clock.passed < 910


def test_another_token_goes_on_where_one_is_used_up(server, made, clock):
    def answer(asked):
        if asked.token == "Bearer used-up-t0ken":
            return Said({"message": "API rate limit exceeded"}, 403, github(server, clock, 0, 3000))
        return Said([1], headers=github(server, clock, 4000, 3000))

    server.answer = answer
    client = made("used-up-t0ken", SECRET)
    for _ in range(5):
        assert client.ask(get(server)).data == [1]
    assert clock.passed == 0
    assert len(server.asked) <= 6


def test_a_search_limit_does_not_hold_up_the_rest(server, made, clock):
    def answer(asked):
        if asked.path.startswith("/search"):
            left = 0 if len(server.asked) == 1 else 29
            return Said([1], headers=github(server, clock, left, 60, **{"x-ratelimit-resource": "search"}))
        return Said([2], headers=github(server, clock, 4000, 3000))

    server.answer = answer
    client = made(SECRET)
    client.ask(get(server, "/search/issues?q=a"))
    client.ask(get(server))
    assert clock.passed == 0
    client.ask(get(server, "/search/issues?q=b"))
    assert 60 <= clock.passed < 70


@pytest.mark.parametrize(
    "headers", [{}, {"retry-after": "5"}, {"x-ratelimit-remaining": "4000", "x-ratelimit-limit": "5000"}]
)
@pytest.mark.parametrize("status", [403, 429])
def test_secondary_limits_pause_for_a_minute_and_twice_as_long_each_time(
    server, made, clock, headers, status
):
    no = Said({"message": "You have exceeded a secondary rate limit. Please wait."}, status, headers)
    server.script(no, no, no, Said([1]))
    assert made(SECRET, "another-t0ken").ask(get(server)).data == [1]
    assert 60 + 120 + 240 <= clock.passed < 60 + 120 + 240 + 10
    # no other token goes on meanwhile: that is what such limits are made against
    assert len(server.asked) == 4


def test_the_old_words_for_a_secondary_limit_are_known(server, made, clock):
    server.script(Said({"message": "You have triggered an abuse detection mechanism."}, 403), Said([1]))
    made(SECRET).ask(get(server))
    assert clock.passed >= 60


def test_limits_without_end_end_the_harvest(server, made):
    server.script(Said("slow down", 429))
    with pytest.raises(InputError, match="held up one question 20 times"):
        made().ask(get(server))


def test_azures_wish_for_a_pause_beside_a_good_answer_is_obeyed(server, made, clock):
    server.script(Said([1], headers={"retry-after": "30"}), Said([2]))
    client = made(SECRET)
    client.ask(get(server))
    assert clock.passed == 0
    client.ask(get(server))
    assert clock.passed >= 30


@pytest.mark.parametrize("kind", ["RATE_LIMITED", "RATE_LIMIT"])
def test_a_graphql_limit_is_seen_though_the_status_is_200(server, made, clock, kind):
    error = {"errors": [{"type": kind, "message": "API rate limit exceeded for user ID 1."}]}
    headers = github(server, clock, 0, 300, **{"x-ratelimit-resource": "graphql"})
    server.script(Said(error, headers=headers), Said({"data": {"a": 1}}))
    question = get(server, "/graphql", graphql=True, resource="graphql")
    assert made(SECRET).ask(question).data == {"data": {"a": 1}}
    assert 300 <= clock.passed < 310


@pytest.mark.parametrize(
    "error",
    [
        {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": "This query requests up to 600,000 nodes"},
        {"type": "RESOURCE_LIMITS_EXCEEDED", "message": "Resource limits for this query exceeded."},
        {"message": "Something went wrong while executing your query. Please include `AE24` when reporting"},
        {"message": "Query has complexity of 255, which exceeds max complexity of 250"},
    ],
)
def test_a_graphql_query_that_is_too_much_is_told_as_too_heavy(server, made, error):
    server.script(Said({"data": None, "errors": [error]}))
    question = get(server, "/graphql", graphql=True, halvable=True)
    with pytest.raises(TooHeavy):
        made().ask(question)
    assert len(server.asked) == 2


def test_graphql_errors_beside_data_are_told_and_the_data_are_used(server, made, events):
    body = {"data": {"a": 1, "b": None}, "errors": [{"type": "NOT_FOUND", "message": "no b"}]}
    server.script(Said(body))
    client = made()
    for _ in range(2):
        assert client.ask(get(server, "/graphql", graphql=True)).data == body
    assert [text for text in texts(events) if "no b" in text] == [
        "forge: the forge left something out of an answer: no b"
    ]


@pytest.mark.parametrize(
    ("kind", "expected"), [("NOT_FOUND", NotFound), ("FORBIDDEN", Refused), ("INSUFFICIENT_SCOPES", Refused)]
)
def test_graphql_errors_without_data_are_what_rest_would_say(server, made, kind, expected):
    server.script(Said({"data": {"repository": None}, "errors": [{"type": kind, "message": "no"}]}))
    with pytest.raises(expected, match="no"):
        made().ask(get(server, "/graphql", graphql=True))


@pytest.mark.parametrize("status", [502, 504])
def test_a_page_that_could_be_smaller_is_tried_twice_and_no_more(server, made, status):
    server.script(Said("<html>", status=status))
    with pytest.raises(TooHeavy):
        made().ask(get(server, halvable=True))
    assert len(server.asked) == 2


def test_a_refusal_that_is_no_limit_says_what_the_forge_said_and_what_to_do(server, made):
    said = f"Resource not accessible \x1b[31m by {SECRET} personal access token\n" + "x" * 1000
    server.script(Said({"message": said}, 403, {"x-ratelimit-remaining": "4999"}))
    with pytest.raises(Refused) as caught:
        made(SECRET, token_help="a token with `pull_requests: read`").ask(get(server))
    error = caught.value
    assert error.status == 403
    assert "Resource not accessible" in error.what and "[token]" in error.what
    assert SECRET not in str(error) and "\x1b" not in error.what and len(error.what) < 400
    assert "pull_requests: read" in error.remedy


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_told_apart(server, made, status):
    server.script(Said({"message": "Not Found"}, status))
    with pytest.raises(NotFound) as caught:
        made().ask(get(server))
    assert caught.value.status == status


def test_a_web_page_is_not_taken_for_an_answer(server, made):
    server.script(Said(b"<!DOCTYPE html><title>Sign in</title>", headers={"content-type": "text/html"}))
    with pytest.raises(InputError, match="a web page, not the API: Sign in") as caught:
        made().ask(get(server))
    assert "`url`" in caught.value.remedy
    assert len(server.asked) == 1


def test_a_refused_token_is_left_out_by_its_name_while_others_go_on(server, made, events):
    bad = "wr0ng-t0ken-value"

    def answer(asked):
        if asked.token == f"Bearer {bad}":
            return Said({"message": f"Bad credentials: {bad}"}, 401)
        return Said([1])

    server.answer = answer
    client = made(bad, SECRET)
    for _ in range(4):
        assert client.ask(get(server)).data == [1]
    assert sum(asked.token == f"Bearer {bad}" for asked in server.asked) == 1
    assert texts(events) == [
        "forge: the forge refuses the token env:T1: Bad credentials: [token]: it is left out, the others go on"
    ]


def test_the_last_token_that_is_refused_ends_the_harvest(server, made):
    server.script(Said({"message": "Bad credentials"}, 401))
    with pytest.raises(Refused, match="Bad credentials"):
        made(SECRET, "another-t0ken").ask(get(server))
    assert len(server.asked) == 2


def test_of_two_tokens_the_one_with_more_left_asks(server, made, clock):
    left = {"one-t0ken": 10, "two-t0ken": 100}

    def answer(asked):
        name = asked.token.removeprefix("Bearer ")
        left[name] -= 1
        return Said([1], headers=github(server, clock, left[name], 3000))

    server.answer = answer
    client = made("one-t0ken", "two-t0ken")
    for _ in range(60):
        client.ask(get(server))
    assert left["one-t0ken"] == 9
    assert clock.passed == 0


def test_no_token_goes_to_another_host_by_a_redirect(server, made):
    with serving() as other:
        server.script(Said("", 302, {"location": f"{other.url}/steal"}))
        with pytest.raises(InputError, match="nothing was sent there") as caught:
            made(SECRET).ask(get(server))
        assert other.url.partition("//")[2] in caught.value.what
        assert other.asked == []


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1/x",
        "//evil.example/x",
        "http://localhost:1/x",
        "http://user:pw@127.0.0.1:1/x",
        "ftp://x/y",
        "http://[::1",
    ],
)
def test_a_redirect_must_keep_scheme_host_and_port(server, made, location):
    server.script(Said("", 301, {"location": location}))
    with pytest.raises(InputError, match="nothing was sent there") as caught:
        made(SECRET).ask(get(server))
    assert "pw" not in str(caught.value)
    assert len(server.asked) == 1


def test_a_url_that_the_forge_gives_is_asked_on_its_own_host_only(server, made):
    with pytest.raises(InputError, match=r"evil\.example"):
        made(SECRET).ask(Question("GET", "https://evil.example/repos?page=2"))
    assert server.asked == []


def test_a_repository_that_moved_on_its_host_is_followed_and_told_once(server, made, events):
    def answer(asked):
        if asked.path.startswith("/repos/"):
            return Said(
                {"message": "Moved Permanently"},
                301,
                {"location": f"{server.url}/repositories/7/pulls?page=2"},
            )
        return Said([asked.path, asked.query])

    server.answer = answer
    client = made(SECRET)
    for _ in range(2):
        assert client.ask(get(server)).data == ["/repositories/7/pulls", {"page": "2"}]
    assert [asked.token for asked in server.asked] == [f"Bearer {SECRET}"] * 4
    assert len([text for text in texts(events) if "has moved" in text]) == 1


def test_redirects_without_end_end(server, made):
    server.answer = lambda asked: Said("", 302, {"location": f"/next{len(server.asked)}"})
    with pytest.raises(InputError, match="without end"):
        made().ask(get(server))
    assert len(server.asked) <= 7


def test_an_answer_larger_than_the_bound_is_refused(server, made):
    server.script(Said(b"[" + b"1," * 40_000 + b"1]"))
    small = Connecting(timeout_seconds=20, max_response_size=64 << 10)
    with pytest.raises(InputError, match="larger than 65536 bytes"):
        made(connecting=small).ask(get(server))
    with pytest.raises(TooHeavy):
        made(connecting=small).ask(get(server, halvable=True))


def test_a_compressed_bomb_is_not_decoded_beyond_the_bound(server, made):
    bomb = gzip.compress(b"[" + b" " * (100 << 20) + b"]", 1)
    assert len(bomb) < 1 << 20
    server.script(Said(bomb, headers={"content-encoding": "gzip"}))
    client = made(connecting=Connecting(timeout_seconds=60, max_response_size=1 << 20))
    tracemalloc.start()
    with pytest.raises(InputError, match="larger than"):
        client.ask(get(server))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


def test_compressed_answers_are_read(server, made):
    server.script(Said(gzip.compress(b"[1,") + gzip.compress(b"2]"), headers={"content-encoding": "gzip"}))
    assert made().ask(get(server)).data == [1, 2]


def test_a_server_that_drips_is_cut_off_as_a_whole(server, made):
    server.script(Said(drip=True), Said([1]))
    assert made(connecting=Connecting(timeout_seconds=1.0)).ask(get(server)).data == [1]
    assert len(server.asked) == 2


def test_cookies_are_neither_kept_nor_sent(server, made):
    server.script(Said([1], headers={"set-cookie": "session=abc; Path=/"}))
    client = made()
    for _ in range(2):
        client.ask(get(server))
    assert all("cookie" not in asked.headers for asked in server.asked)


def test_the_environment_names_no_proxy_unless_the_options_say_so(server, made, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.script(Said([1]))
    assert made().ask(get(server)).data == [1]


def test_the_budget_of_calls_counts_every_call(server, made):
    server.script(Said("no", status=503), Said([1]))
    client = made(max_calls=3)
    client.ask(get(server))
    client.ask(get(server))
    with pytest.raises(OutOfCalls, match="max_calls: 3"):
        client.ask(get(server))
    assert len(server.asked) == client.calls == 3


def test_a_long_wait_is_ended_by_whoever_listens(server, made, clock):
    server.script(Said({"message": "API rate limit exceeded"}, 403, github(server, clock, 0, 3600)))

    def stop(event):
        if isinstance(event, Progress):
            raise Stopped("the run was stopped")

    with pytest.raises(Stopped):
        made(SECRET, emit=stop).ask(get(server))
    assert clock.passed <= 1.0


def test_closing_the_client_ends_the_waits_of_other_threads(server, made, clock):
    server.script(Said({"message": "API rate limit exceeded"}, 403, github(server, clock, 0, 3600)))
    client = made(SECRET)
    waiting = threading.Event()
    ended = []
    plain = clock.sleep

    def sleep(seconds):
        waiting.set()
        client.close()
        plain(seconds)

    clock.sleep = sleep

    def ask():
        try:
            client.ask(get(server))
        except Stopped as error:
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join(30)
    assert waiting.is_set() and len(ended) == 1


def test_what_a_forge_sends_back_of_a_token_is_taken_out_before_anybody_sees_it(server, made):
    server.answer = lambda asked: Said(
        [asked.token, f"https://x:{SECRET}@host"], headers={"link": f"<{server.url}/?t={SECRET}>; rel=next"}
    )
    answer = made(SECRET).ask(get(server))
    assert answer.data == ["Bearer [token]", "https://x:[token]@host"]
    assert SECRET.encode() not in answer.body
    assert SECRET not in str(answer.headers)


def test_no_token_is_in_any_event_error_or_repr(server, made, events, clock):
    client = made(SECRET)
    server.script(
        Said({"message": f"secondary rate limit for {SECRET}"}, 403),
        Said({"message": SECRET}, 503),
        Said({"message": SECRET}, 404),
    )
    with pytest.raises(NotFound) as caught:
        client.ask(get(server, f"/{SECRET}?token={SECRET}"))
    told = [str(caught.value), repr(caught.value), *(encode(event).decode() for event in events)]
    told += [repr(client._quotas.pool.tokens), repr(client._redaction), repr(vars(client))]
    assert all(SECRET not in text for text in told)


def test_threads_share_quotas_and_never_ask_for_more_than_there_is(server, made, clock):
    lock = threading.Lock()
    left = {"n": 41}

    def answer(asked):
        with lock:
            left["n"] -= 1
            return Said([1], headers=github(server, clock, left["n"], 3000))

    server.answer = answer
    client = made(SECRET)
    client.ask(get(server))
    threads = [
        threading.Thread(target=lambda: [client.ask(get(server)) for _ in range(10)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert left["n"] == 0
    assert clock.passed == 0


def test_a_pause_between_calls_is_kept(server, made, clock):
    client = made(SECRET, seconds_between=0.25)
    for _ in range(5):
        client.ask(get(server))
    assert clock.passed == pytest.approx(1.0)


def test_a_bound_holds_where_the_forge_names_none(server, made, clock):
    client = made(SECRET, calls_per_hour=10)
    for _ in range(11):
        client.ask(get(server))
    assert 3600 <= clock.passed < 3610
