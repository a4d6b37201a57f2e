"""Runs `@simulacrum/github-api-simulator`, a GitHub server that others wrote, on loopback.

    with github_simulator(answers={"pulls/list": pulls}) as github:
        connect(github.url)

What it answers, tried with 0.8.0 (`tests/forges/test_simulator.py` holds it to this):

* REST, every documented route: requests are validated, and an unknown query parameter or a wrong type gets 400. The body
  is GitHub's own documented example ("octocat/Hello-World", one pull request 1347), whatever repository is asked for;
  unknown repositories are not refused. `per_page` and `page` are not applied to examples, and there is no Link header.
* From `state`: GET /orgs/{org}/repos (404 for an unknown one), /installation/repositories, /user, /repos/{o}/{r}/branches
  (of all repositories), /repos/{o}/{r}/contents/{path} and git/blobs (from `blobs`).
* From `answers`, by operation id ("pulls/list", "pulls/list-review-comments-for-repo", "issues/list-comments-for-repo",
  "repos/get"): ours, in pages with Link where it is a list.
* GraphQL (POST /graphql) validates documents against GitHub's enterprise schema, and resolves `repository` (lower-case
  names only) with name, nameWithOwner, url, owner, defaultBranchRef, languages, repositoryTopics, visibility, isFork,
  isArchived, and `organization`, `organizations`, `repositoryOwner` with their repositories in pages. `pullRequests`,
  `issues`, `viewer` and everything below them answer with errors, and `rateLimit` with null.
* No authentication, no rate limits, no ETag of its own meaning. Numeric ids and the URLs in `state` are made up.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from forge_testing.packages import FOLDER

START_SECONDS = 60
END_SECONDS = 10
SMALL_STATE: dict[str, Any] = {
    "users": [{"login": "ada", "name": "Ada", "email": "ada@example.org", "organizations": ["acme"]}],
    "organizations": [{"login": "acme", "teams": []}],
    "repositories": [{"owner": "acme", "name": "tools"}, {"owner": "acme", "name": "site"}],
    "branches": [{"name": "main"}],
    "blobs": [],
}


@dataclass(frozen=True)
class Simulator:
    """A running simulator; GraphQL is at `url` + "/graphql"."""

    url: str


@contextmanager
def github_simulator(
    state: Mapping[str, Any] = SMALL_STATE, answers: Mapping[str, Any] | None = None
) -> Iterator[Simulator]:
    """A simulator with `state` (shaped as `SMALL_STATE`) and `answers` (operation id to JSON) that ends with the block."""
    modules = FOLDER / "simulator" / "node_modules"
    if not modules.is_dir():
        raise FileNotFoundError(
            f"{modules} is missing; run `make forge-packages`, which installs it with npm"
        )
    command = ["node", str(Path(__file__).with_suffix(".mjs")), str(modules)]
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as log,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            yield Simulator(
                f"http://127.0.0.1:{_port(process, {'state': state, 'answers': answers or {}}, log)}"
            )
        finally:
            _end(process)


def _port(process: subprocess.Popen[str], setting: Mapping[str, Any], log: IO[str]) -> int:
    """Hand the setting over and wait for the port, which the simulator prints once it listens."""
    assert process.stdin is not None and process.stdout is not None
    watchdog = threading.Timer(START_SECONDS, process.kill)
    watchdog.start()
    try:
        process.stdin.write(json.dumps(setting) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:  # it ended before it read
        line = ""
    finally:
        watchdog.cancel()
    if not line:
        process.wait()
        log.seek(0)
        raise RuntimeError(f"the GitHub simulator did not start:\n{log.read()[-3000:]}")
    return int(line)


def _end(process: subprocess.Popen[str]) -> None:
    """It ends with its standard input; one that does not is killed."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
