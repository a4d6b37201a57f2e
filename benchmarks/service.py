"""How fast the service takes jobs, how many open streams it bears, how fast it stops: beside a bare database and a bare web server.

    python benchmarks/service.py [--database postgresql://…] [--jobs 1000] [--clients 16] [--streams 200]

Starts `cooldown serve` (no worker) on loopback, over SQLite or the database given, and prints one table. The bare halves run in the same call:
one row inserted and committed at a time by as many threads into the same kind of database (what a durable submit costs at least), and an empty
route of the same server.
"""

from __future__ import annotations

import argparse
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text

_ALONE = 200
RECIPE = "name: bench\nmodel: {model}\nsources: {{s: {{connector: text, path: {folder}}}}}\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", default="")
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--streams", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "text").mkdir()
        (folder / "text" / "a.md").write_text("words\n")
        (folder / "model").mkdir()
        bare = _bare_inserts(given.database or f"sqlite:///{folder / 'bare.db'}", given.jobs, given.clients)
        with _Server(folder, given.database) as server:
            empty = _spread(
                given.jobs, given.clients, lambda client, _: client.get("/v1/health"), server.address
            )
            submits = _submits(server.address, folder, given.jobs, given.clients)
            listed = server.count_jobs()
            # many clients keep a server busy while one request waits: only one client alone sees how long it waits
            alone = _submits(server.address, folder, _ALONE, 1, name="alone").times
            with ExitStack() as stack:
                opened = [
                    stack.enter_context(_Stream(server.address, submits.first)) for _ in range(given.streams)
                ]
                beside = _spread(
                    200, given.clients, lambda client, _: client.get("/v1/jobs?limit=20"), server.address
                )
                start = time.perf_counter()
                server.terminate()
                stopped = time.perf_counter() - start
            assert all(stream.got for stream in opened), "a stream saw no event"
    _row("bare: one committed row", bare)
    _row("bare: an empty route", empty)
    _row("submit", submits.times)
    _row("submit, one client alone", alone)
    _row(f"list of jobs, {given.streams} streams open", beside)
    print(f"submitted {given.jobs}, stored {listed}, ids given {len(set(submits.ids))}")
    print(f"submits of bare rows: {_rate(submits.times, given.clients) / _rate(bare, given.clients):.2f}")
    print(
        f"submits of empty requests: {_rate(submits.times, given.clients) / _rate(empty, given.clients):.2f}"
    )
    print(f"SIGTERM to end with {given.streams} open streams: {stopped:.2f} s")
    if listed != given.jobs or len(set(submits.ids)) != given.jobs:
        sys.exit("jobs were lost or doubled")


def _row(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99) - 1]
    print(
        f"{what:<34} p50 {p50 * 1000:7.1f} ms   p99 {p99 * 1000:7.1f} ms   max {ordered[-1] * 1000:7.1f} ms   n {len(times)}"
    )


def _rate(times: list[float], clients: int) -> float:
    return clients / statistics.fmean(times)


def _bare_inserts(url: str, rows: int, clients: int) -> list[float]:
    from cooldown_api.database.engine import Database
    from cooldown_api.database.scoping import ALL_PROJECTS

    database = Database(url.replace("postgresql://", "postgresql+psycopg://"))
    with database.write(ALL_PROJECTS) as session:
        session.execute(text("create table bare (n integer, body text)"))

    def insert(number: int) -> float:
        start = time.perf_counter()
        with database.write(ALL_PROJECTS) as session:
            session.execute(text("insert into bare values (:n, :body)"), {"n": number, "body": "x" * 2000})
        return time.perf_counter() - start

    with ThreadPoolExecutor(clients) as pool:
        times = list(pool.map(insert, range(rows)))
    with database.write(ALL_PROJECTS) as session:
        session.execute(text("drop table bare"))
    database.close()
    return times


class _Submits:
    def __init__(self) -> None:
        self.times: list[float] = []
        self.ids: list[str] = []

    @property
    def first(self) -> str:
        return self.ids[0]


def _submits(address: str, folder: Path, jobs: int, clients: int, *, name: str = "bench") -> _Submits:
    """Half of them are sent twice with the same key, as a client does whose connection broke: still one job each."""
    recipe = RECIPE.format(model=folder / "model", folder=folder / "text")
    found = _Submits()
    lock = threading.Lock()

    def submit(client: httpx.Client, number: int) -> httpx.Response:
        headers = {"Idempotency-Key": f"{name}-{number}"}
        answer = client.post("/v1/jobs", json={"recipe": recipe}, headers=headers)
        answer.raise_for_status()
        with lock:
            found.ids.append(answer.json()["id"])
        return answer

    found.times = _spread(jobs, clients, submit, address)
    with httpx.Client(base_url=address, timeout=60) as client:
        for number in range(0, jobs, 2):
            again = client.post(
                "/v1/jobs", json={"recipe": recipe}, headers={"Idempotency-Key": f"{name}-{number}"}
            )
            assert again.json()["id"] in found.ids, "a repeated request made another job"
    return found


def _spread(
    count: int, clients: int, ask: Callable[[httpx.Client, int], httpx.Response], address: str
) -> list[float]:
    local = threading.local()

    def one(number: int) -> float:
        if not hasattr(local, "client"):
            local.client = httpx.Client(base_url=address, timeout=60)
        start = time.perf_counter()
        ask(local.client, number).raise_for_status()
        return time.perf_counter() - start

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(one, range(count)))


class _Stream:
    """An open event stream that has seen its first event."""

    def __init__(self, address: str, job: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=60)
        self._job = job
        self.got = False

    def __enter__(self) -> _Stream:
        self._open = self._client.stream("GET", f"/v1/jobs/{self._job}/events/stream")
        answer = self._open.__enter__()
        for line in answer.iter_lines():
            if line.startswith("data:"):
                self.got = True
                break
        return self

    def __exit__(self, *error: Any) -> None:
        self._client.close()


class _Server:
    def __init__(self, folder: Path, database: str) -> None:
        self._folder = folder
        self._database = database

    def __enter__(self) -> _Server:
        import os

        environment = {
            **os.environ,
            "COOLDOWN_LIMITS__REQUESTS_PER_MINUTE": "0",
            "COOLDOWN_SOURCES__ROOTS": f'["{self._folder}"]',
        }
        if self._database:
            environment["DATABASE_URL"] = self._database
        command = ["serve", "--port", "0", "--no-worker", "--data-dir", str(self._folder / "data")]
        self._log = (self._folder / "server.log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cooldown_kit.cli", *command],
            stderr=self._log,
            stdout=self._log,
            env=environment,
        )
        self.address = self._wait_for_address()
        return self

    def _wait_for_address(self) -> str:
        for _ in range(600):
            said = (self._folder / "server.log").read_text()
            if match := re.search(r"http://127\.0\.0\.1:\d+", said):
                try:
                    httpx.get(f"{match[0]}/v1/health", timeout=2)
                    return match[0]
                except httpx.HTTPError:
                    pass
            time.sleep(0.1)
        sys.exit(f"the server did not start:\n{(self._folder / 'server.log').read_text()}")

    def count_jobs(self) -> int:
        count, after = 0, ""
        with httpx.Client(base_url=self.address, timeout=60) as client:
            while True:
                page = client.get(f"/v1/jobs?limit=100{after}").json()
                count += len(page["data"])
                if not page["has_more"]:
                    return count
                after = f"&after={page['last_id']}"

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)

    def __exit__(self, *error: Any) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()


if __name__ == "__main__":
    main()
