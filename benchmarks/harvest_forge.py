"""What harvesting a forge costs: calls against the plan and against per-request reading, time against bare HTTP, memory.

Usage: python benchmarks/harvest_forge.py [--requests 100000]

A generated GitHub on loopback (a process of its own) holds so many pull requests, with 3.75 comments, 2.5 review comments and one
review each, and a third as many issues: what a repository of that size is like. Each of these runs in a process of its own, so that its peak memory
is its own: the first harvest (update and records), a second one that finds nothing new, and bare httpx asking for the
same pages one after the other and throwing them away, which is as fast as asking can be. Quotas are those of a forge that has none.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

EPOCH = 1_700_000_000
COMMENTS, REVIEW_COMMENTS = 15, 10  # of four requests
TEXT = "The ledger settles in cents, and half of them drift when a payment is split in three. " * 3
HUNK = "@@ -1,3 +1,4 @@ def settle():\n     first\n-    second\n+    zweite\n+    dritte\n     last"


def stamp(number: int) -> str:
    """The time at which thing ``number`` changed: one a minute."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EPOCH + 60 * number))


def number_at(text: str) -> int:
    import calendar

    return max(0, (calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - EPOCH + 59) // 60)


# The forge: everything follows from a number, so that it holds nothing in memory


def user(number: int) -> dict[str, Any]:
    return {"login": f"dev{number % 37}", "type": "User"}


def actor(number: int) -> dict[str, Any]:
    return {"__typename": "User", "login": f"dev{number % 37}"}


def comment(index: int) -> dict[str, Any]:
    request = 1 + 4 * (index // COMMENTS) + index % 4
    return {
        "id": 10_000_000 + index,
        "user": user(index),
        "body": TEXT,
        "created_at": stamp(index),
        "updated_at": stamp(index),
        "html_url": f"https://forge/acme/payments/pull/{request}#issuecomment-{index}",
    }


def review_comment(index: int) -> dict[str, Any]:
    request = 1 + 4 * (index // REVIEW_COMMENTS) + index % 4
    return {
        "id": 50_000_000 + index,
        "pull_request_review_id": request,
        "user": user(index),
        "body": TEXT,
        "created_at": stamp(index),
        "updated_at": stamp(index),
        "path": "src/ledger.py",
        "diff_hunk": HUNK,
        "original_line": 3,
        "line": 3,
        "side": "RIGHT",
        "original_commit_id": f"{request:040x}",
        "subject_type": "line",
        "html_url": f"https://forge/acme/payments/pull/{request}#discussion_r{index}",
        "pull_request_url": f"https://forge/repos/acme/payments/pulls/{request}",
    }


def connection(nodes: list[Any]) -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": nodes}


def written(number: int, each: int, base: int, total: int) -> list[str]:
    """Ids of the comments of a request."""
    group, place = divmod(number - 1, 4)
    return [str(base + i) for i in range(each * group, min(each * (group + 1), total)) if i % 4 == place]


def request_node(number: int, requests: int) -> dict[str, Any]:
    reviewed = written(number, REVIEW_COMMENTS, 50_000_000, requests * REVIEW_COMMENTS // 4)
    return {
        **head(number),
        "isDraft": False,
        "state": "MERGED",
        "mergedAt": stamp(number),
        "mergedBy": actor(number + 1),
        "mergeCommit": {"oid": f"{number + 7:040x}"},
        "baseRefName": "main",
        "headRefName": f"topic-{number}",
        "baseRefOid": f"{number + 3:040x}",
        "headRefOid": f"{number:040x}",
        "closingIssuesReferences": connection([]),
        "reviews": connection(
            [
                {
                    "fullDatabaseId": str(number),
                    "author": actor(number + 2),
                    "state": "APPROVED",
                    "body": "Good.",
                    "submittedAt": stamp(number),
                    "url": "https://forge/r",
                    "commit": {"oid": f"{number:040x}"},
                }
            ]
        ),
        "reviewThreads": connection(
            [
                {
                    "id": f"T{id_}",
                    "isResolved": True,
                    "isOutdated": False,
                    "resolvedBy": {"login": "dev1"},
                    "comments": connection([{"fullDatabaseId": id_}]),
                }
                for id_ in reviewed
            ]
        ),
        "requestTimeline": connection(
            [{"__typename": "MergedEvent", "id": f"M{number}", "createdAt": stamp(number), "actor": actor(1)}]
        ),
        "comments": connection(
            [{"fullDatabaseId": i} for i in written(number, COMMENTS, 10_000_000, requests * COMMENTS // 4)]
        ),
    }


def head(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "title": f"Settle case {number}",
        "body": TEXT,
        "url": f"https://forge/acme/payments/pull/{number}",
        "createdAt": stamp(number),
        "updatedAt": stamp(number),
        "closedAt": stamp(number),
        "author": actor(number),
        "milestone": None,
        "labels": connection([{"name": "ledger"}]),
    }


def issue_node(number: int) -> dict[str, Any]:
    events = [
        {"__typename": "ClosedEvent", "id": f"C{number}", "createdAt": stamp(number), "actor": actor(2)}
    ]
    return {
        **head(number),
        "state": "CLOSED",
        "stateReason": "COMPLETED",
        "comments": connection([]),
        "closedByPullRequestsReferences": connection([]),
        "issueTimeline": connection(events),
    }


def serve(requests: int) -> None:
    """Answer until stdin ends; the port is the first line of stdout."""
    issues = requests // 3
    totals = {"comments": requests * COMMENTS // 4, "review": requests * REVIEW_COMMENTS // 4}

    def by_time(query: dict[str, str], total: int, item: Any, base: str) -> tuple[Any, dict[str, str]]:
        start = number_at(query["since"]) if "since" in query else 0
        size, page = int(query["per_page"]), int(query.get("page", 1))
        first = start + (page - 1) * size
        found = [item(index) for index in range(first, min(first + size, total))]
        links = []
        if first + size < total:
            last = -(-(total - start) // size)
            links = [f'<{base}?page={page + 1}>; rel="next"', f'<{base}?page={last}>; rel="last"']
        return found, {"Link": ", ".join(links)} if links else {}

    def graphql(body: dict[str, Any]) -> Any:
        text, variables = body["query"], body["variables"]
        cost = {"rateLimit": {"cost": 14, "remaining": 5000, "resetAt": stamp(0)}}
        if "totalCount" in text:
            counts = {"pullRequests": requests, "issues": issues, "discussions": 0, "releases": 0}
            return {"repository": {name: {"totalCount": n} for name, n in counts.items()}, **cost}
        many = requests if "pullRequests(" in text else issues
        name = "pullRequests" if "pullRequests(" in text else "issues"
        below = int(variables["after"]) if variables.get("after") else many + 1
        numbers = list(range(below - 1, max(below - 1 - variables["first"], 0), -1))
        nodes = [request_node(n, requests) if name == "pullRequests" else issue_node(n) for n in numbers]
        info = {
            "hasNextPage": bool(numbers) and numbers[-1] > 1,
            "endCursor": str(numbers[-1]) if numbers else None,
        }
        return {"repository": {name: {"pageInfo": info, "nodes": nodes}}, **cost}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query, base = (
                dict(parse_qsl(parts.query)),
                f"http://127.0.0.1:{self.server.server_address[1]}{parts.path}",
            )
            if parts.path.endswith("/issues/comments"):
                self.say(*by_time(query, totals["comments"], comment, base))
            elif parts.path.endswith("/pulls/comments"):
                self.say(*by_time(query, totals["review"], review_comment, base))
            else:
                self.say(
                    {"full_name": "acme/payments", "clone_url": "https://forge.example/acme/payments.git"}, {}
                )

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.say({"data": graphql(body)}, {})

        def say(self, data: Any, headers: dict[str, str]) -> None:
            content = json.dumps(data).encode()
            self.send_response(200)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(content)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    import threading

    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


# What is measured


def harvest(url: str, folder: str) -> dict[str, Any]:
    """One update and all records, as the pipeline does them."""
    from cooldown_connectors.github import GitHubConnector

    from cooldown_kit.connector import HarvestContext
    from cooldown_kit.events import ignore

    connector, place = GitHubConnector(), Path(folder)
    options = connector.Options.model_validate(
        {
            "connector": "github",
            "url": url,
            "repository": "acme/payments",
            "token": "env:BENCHMARK_TOKEN",
            "clone": "never",
            "reserve": 0,
        }
    )
    (place / "store").mkdir(exist_ok=True)
    context = HarvestContext("forge", place, place / "store", ignore)
    planned = (
        0 if any((place / "store").iterdir()) else sum(e.calls for e in connector.estimate(options, context))
    )
    start = time.perf_counter()
    summary = connector.update(options, context)
    asking = time.perf_counter() - start
    start = time.perf_counter()
    records = sum(1 for _ in connector.harvest(options, context))
    return {
        "planned": planned,
        "calls": summary["calls"],
        "update": asking,
        "records": records,
        "records_seconds": time.perf_counter() - start,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "disk": sum(p.stat().st_size for p in place.rglob("*") if p.is_file()) / 2**20,
    }


def bare(url: str, requests: int) -> dict[str, Any]:
    """The same pages by httpx alone."""
    import httpx
    from cooldown_connectors.github import documents

    start = time.perf_counter()
    calls = 0
    with httpx.Client(base_url=url, trust_env=False) as client:
        for path, each in (("issues", COMMENTS), ("pulls", REVIEW_COMMENTS)):
            for page in range(1, -(-(requests * each // 4) // 100) + 1):
                client.get(
                    f"/api/v3/repos/acme/payments/{path}/comments", params={"per_page": 100, "page": page}
                )
                calls += 1
        for document, size, total in (
            (documents.REQUEST_LIST, documents.REQUESTS, requests),
            (documents.ISSUE_LIST, documents.ISSUES, requests // 3),
        ):
            for below in range(total + 1, 1, -size):
                variables = {"first": size, "after": str(below)}
                client.post("/api/graphql", json={"query": document, "variables": variables})
                calls += 1
    return {"calls": calls, "seconds": time.perf_counter() - start}


def in_a_process(what: str, *arguments: str) -> dict[str, Any]:
    import os

    done = subprocess.run(
        [sys.executable, __file__, f"--{what}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "BENCHMARK_TOKEN": "a-token-that-nobody-checks"},
    )
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(requests: int) -> None:
    server = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(requests)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None and server.stdin is not None
    url = f"http://127.0.0.1:{int(server.stdout.readline())}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            first = in_a_process("harvest", url, folder)
            second = in_a_process("harvest", url, folder)
            limit = in_a_process("bare", url, str(requests))
    finally:
        server.stdin.close()
        server.wait()
    print(f"{requests:,} pull requests, {requests // 3:,} issues, {requests * 25 // 4:,} comments")
    print(
        f"  calls      {first['calls']:,}, planned {first['planned']:,}; request by request {5 * requests:,}"
    )
    print(
        f"  update     {first['update']:.1f} s; bare HTTP {limit['seconds']:.1f} s for {limit['calls']:,} calls: "
        f"{limit['seconds'] / first['update']:.2f} of its speed"
    )
    print(f"  records    {first['records']:,} in {first['records_seconds']:.1f} s")
    print(f"  again      {second['calls']:,} calls, {second['update']:.1f} s")
    print(f"  peak       {first['peak']:.0f} MiB, on disk {first['disk']:.0f} MiB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=100_000)
    for hidden, count in (("--serve", 1), ("--harvest", 2), ("--bare", 2)):
        parser.add_argument(hidden, nargs=count, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(int(given.serve[0]))
    elif given.harvest:
        print(json.dumps(harvest(*given.harvest)))
    elif given.bare:
        print(json.dumps(bare(given.bare[0], int(given.bare[1]))))
    else:
        for requests in (given.requests // 10, given.requests):
            measure(requests)


if __name__ == "__main__":
    main()
