"""The simulator answers what its module says that it answers, and ends with its block."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import forge_testing
from forge_testing.schemas import GitHubSchema
from forge_testing.simulator import SMALL_STATE, Simulator, github_simulator


def ask(simulator: Simulator, query: str) -> dict:
    return httpx.post(simulator.url + "/graphql", json={"query": query}).json()


@pytest.mark.parametrize(
    "path",
    [
        "/repos/acme/tools",
        "/repos/acme/tools/pulls",
        "/repos/acme/tools/pulls/1347",
        "/repos/acme/tools/pulls/1347/reviews",
        "/repos/acme/tools/pulls/comments",
        "/repos/acme/tools/issues",
        "/repos/acme/tools/issues/comments",
        "/repos/acme/tools/labels",
        "/repos/acme/tools/releases",
        "/repos/acme/tools/commits",
    ],
)
def test_rest_answers_the_documented_example(simulator, path):
    answer = httpx.get(simulator.url + path)
    assert answer.status_code == 200
    assert "octocat" in answer.text
    GitHubSchema().check("GET", path)


def test_rest_refuses_what_is_not_documented(simulator):
    assert httpx.get(simulator.url + "/repos/acme/tools/pulls?sort=updated&per_page=100").status_code == 200
    assert httpx.get(simulator.url + "/repos/acme/tools/pulls?since=2020-01-01T00:00:00Z").status_code == 400
    assert httpx.get(simulator.url + "/repos/acme/tools/pulls?per_page=all").status_code == 400
    assert httpx.get(simulator.url + "/repos/acme/tools/merge_requests").status_code == 404


def test_rest_lists_our_repositories(simulator):
    repositories = httpx.get(simulator.url + "/orgs/acme/repos").json()
    assert [repository["full_name"] for repository in repositories] == ["acme/tools", "acme/site"]
    assert httpx.get(simulator.url + "/user").json()["login"] == "ada"


def test_graphql_knows_our_repositories(simulator):
    query = '{ repository(owner: "acme", name: "tools") { nameWithOwner defaultBranchRef { name } isFork } }'
    repository = ask(simulator, query)["data"]["repository"]
    assert repository == {
        "nameWithOwner": "acme/tools",
        "defaultBranchRef": {"name": "main"},
        "isFork": False,
    }
    query = '{ organization(login: "acme") { repositories(first: 1) { totalCount pageInfo { hasNextPage } nodes { name } } } }'
    page = ask(simulator, query)["data"]["organization"]["repositories"]
    assert page == {"totalCount": 2, "pageInfo": {"hasNextPage": True}, "nodes": [{"name": "tools"}]}


def test_graphql_refuses_an_unknown_field_and_has_no_pull_requests(simulator):
    unknown = ask(simulator, '{ repository(owner: "acme", name: "tools") { mergeRequests } }')
    assert "Cannot query field" in unknown["errors"][0]["message"]
    pulls = ask(
        simulator, '{ repository(owner: "acme", name: "tools") { pullRequests(first: 1) { totalCount } } }'
    )
    assert "non-nullable field Repository.pullRequests" in pulls["errors"][0]["message"]


def test_our_answers_come_in_pages():
    pulls = [{"number": number} for number in range(1, 6)]
    with github_simulator(answers={"pulls/list": pulls, "repos/get": {"id": 7}}) as github:
        assert httpx.get(github.url + "/repos/acme/tools").json() == {"id": 7}
        url, pages = github.url + "/repos/acme/tools/pulls?state=all&per_page=2", []
        while url:
            answer = httpx.get(url)
            pages.append([pull["number"] for pull in answer.json()])
            url = answer.links.get("next", {}).get("url")
        assert pages == [[1, 2], [3, 4], [5]]


def test_it_listens_on_loopback_alone_and_ends_with_the_block(simulator):
    with github_simulator() as github:
        assert github.url.startswith("http://127.0.0.1:")
        assert github.url != simulator.url
        assert httpx.get(github.url + "/health").json() == {"status": "ok"}
    with pytest.raises(httpx.ConnectError):
        httpx.get(github.url + "/health")
    assert httpx.get(simulator.url + "/health").status_code == 200


def test_a_state_that_it_refuses_is_told():
    with pytest.raises(RuntimeError, match="did not start"), github_simulator(SMALL_STATE | {"users": 7}):
        pass


def test_it_ends_when_the_one_who_started_it_is_gone():
    script = (
        "import os\n"
        "from forge_testing.simulator import github_simulator\n"
        "with github_simulator() as github:\n"
        "    os.write(1, github.url.encode())\n"
        "    os._exit(9)\n"
    )
    support = str(Path(forge_testing.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": support},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 9, done.stderr
    deadline = time.monotonic() + 30
    with pytest.raises(httpx.TransportError):
        while time.monotonic() < deadline:
            httpx.get(done.stdout + "/health")
            time.sleep(0.05)
