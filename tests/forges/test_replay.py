"""The replay server answers with what was recorded, and keeps clients on loopback."""

from __future__ import annotations

import re

import httpx

from forge_testing.catalogue import find
from forge_testing.recordings import Exchange, load
from forge_testing.replay import Answer, ReplayServer, Request


def exchange(target: str, body: str = "[]", status: int = 200, **headers: str) -> Exchange:
    kept = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange("GET", "https://forge.example:443", target, status, kept, body.encode(), "test")


def follow(client: httpx.Client, url: str) -> list[list]:
    """Every page, through Link headers."""
    pages = []
    while url:
        answer = client.get(url)
        pages.append(answer.json())
        url = answer.links.get("next", {}).get("url", "")
    return pages


def test_pages_are_followed_on_loopback_to_the_last():
    [entry] = find("github", "pulls")
    with ReplayServer(load(entry.source)) as forge, httpx.Client() as client:
        pages = follow(client, forge.url + entry.target)
        assert [len(page) for page in pages] == [30] * 8 + [29]
        assert not forge.unknown
        assert all(request.path.startswith(("/repos/", "/repositories/")) for request in forge.requests)


def test_gitlab_pages_are_followed_too():
    [entry] = find("gitlab", "merge requests")
    with ReplayServer(load(entry.source)) as forge, httpx.Client() as client:
        assert [len(page) for page in follow(client, forge.url + entry.target)] == [20, 20, 20, 20, 4]


def test_a_redirect_stays_on_loopback():
    [entry] = find("github", "renamed repository")
    with ReplayServer(load(entry.source)) as forge, httpx.Client(follow_redirects=True) as client:
        assert client.get(forge.url + entry.target).json()["full_name"] == "betamaxpy/betamax"


def test_no_address_of_the_recorded_host_is_left():
    [entry] = find("github", "pulls")
    with ReplayServer(load(entry.source)) as forge:
        answer = httpx.get(forge.url + entry.target)
        assert "api.github.com" not in answer.text + str(answer.headers)
        assert answer.json()[0]["url"].startswith(forge.url + "/repos/")
        assert answer.json()[0]["html_url"].startswith("https://github.com/")


def test_a_host_whose_name_goes_on_is_another_one():
    body = '["https://forge.example/a", "https://forge.example:443/b", "https://forge.example.org/c", "http://forge.example"]'
    with ReplayServer([exchange("/", body)]) as forge:
        own = re.escape(forge.url)
        assert re.fullmatch(
            rf'\["{own}/a", "{own}/b", "https://forge\.example\.org/c", "{own}"\]',
            httpx.get(forge.url + "/").text,
        )


def test_the_order_of_a_query_and_the_first_page_do_not_count():
    with ReplayServer([exchange("/pulls?state=all&sort=updated", "[1]")]) as forge:
        assert httpx.get(forge.url + "/pulls?page=1&sort=updated&state=all").json() == [1]


def test_a_value_of_the_query_counts_unless_it_is_ignored():
    recorded = [exchange("/pulls?state=all&per_page=30", "[1]")]
    with ReplayServer(recorded) as forge:
        assert httpx.get(forge.url + "/pulls?state=all&per_page=100").status_code == 404
    with ReplayServer(recorded, ignoring={"per_page"}) as forge:
        assert httpx.get(forge.url + "/pulls?state=all&per_page=100").json() == [1]
        assert httpx.get(forge.url + "/pulls?state=open&per_page=100").status_code == 404


def test_an_unknown_request_is_answered_and_remembered():
    with ReplayServer([exchange("/a")]) as forge:
        answer = httpx.get(forge.url + "/b?c=d")
        assert answer.status_code == 404
        assert "/b?c=d" in answer.json()["message"]
        assert [request.target for request in forge.unknown] == ["/b?c=d"]


def test_every_request_is_remembered_with_headers_and_body():
    with ReplayServer([]) as forge:
        httpx.post(
            forge.url + "/graphql",
            json={"query": "{ viewer { login } }"},
            headers={"Authorization": "Bearer x"},
        )
        [request] = forge.requests
        assert (request.method, request.path, request.query) == ("POST", "/graphql", ())
        assert request.headers["authorization"] == "Bearer x"
        assert request.json() == {"query": "{ viewer { login } }"}


def test_repeated_recordings_come_in_their_order_and_the_last_stays():
    with ReplayServer([exchange("/a", "[1]"), exchange("/a", "[2]")]) as forge:
        assert [httpx.get(forge.url + "/a").json() for _ in range(3)] == [[1], [2], [2]]


def test_a_known_etag_is_not_sent_again():
    with ReplayServer([exchange("/a", "[1]", ETag='W/"1"')]) as forge:
        again = httpx.get(forge.url + "/a", headers={"If-None-Match": 'W/"1"'})
        assert (again.status_code, again.content) == (304, b"")
        assert httpx.get(forge.url + "/a", headers={"If-None-Match": 'W/"0"'}).json() == [1]


def test_a_test_may_answer_first():
    def refuse_once(request: Request) -> Answer | None:
        return None if forge.requests[1:] else Answer(403, b"{}", (("Retry-After", "0"),))

    with ReplayServer([exchange("/a", "[1]")], before=refuse_once) as forge:
        first, second = httpx.get(forge.url + "/a"), httpx.get(forge.url + "/a")
        assert (first.status_code, first.headers["Retry-After"]) == (403, "0")
        assert second.json() == [1]


def test_bytes_that_are_no_text_pass_unchanged():
    archive = Exchange("GET", "https://forge.example", "/a.zip", 200, (), b"PK\xff\x00", "test")
    with ReplayServer([archive]) as forge:
        assert httpx.get(forge.url + "/a.zip").content == b"PK\xff\x00"


def test_the_spelling_of_escapes_in_a_path_does_not_count():
    with ReplayServer([exchange("/projects/group%2Fname", "{}")]) as forge:
        assert httpx.get(forge.url + "/projects/group%2fname").status_code == 200
