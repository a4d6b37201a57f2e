"""A real Ray cluster of this machine alone, on loopback only: started for a test, and ended with it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cooldown_kit.engine import process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started() -> Iterator[dict[str, str]]:
    """Its environment, with the address of its dashboard as ``address``."""
    home = tempfile.mkdtemp(prefix="ray-")  # sockets of Ray want short paths
    # all of them: those that Ray takes by default, a cluster of another process of these tests may have
    port, dashboard, agent, agent_grpc, metrics = (_free_port() for _ in range(5))
    environment = {
        **os.environ,
        "HOME": home,
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AUTH_TOKEN": "a-token-of-the-test-" + "x" * 16,
        "RAY_DISABLE_IMPORT_WARNING": "1",
    }
    command = [
        sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={port}",
        "--node-ip-address=127.0.0.1", "--dashboard-host=127.0.0.1", f"--dashboard-port={dashboard}",
        f"--dashboard-agent-listen-port={agent}", f"--dashboard-agent-grpc-port={agent_grpc}",
        f"--metrics-export-port={metrics}",
        "--num-cpus=2", f"--object-store-memory={150 << 20}", "--disable-usage-stats", f"--temp-dir={home}/r",
    ]  # fmt: skip
    log = Path(home, "log")
    with log.open("wb") as file:
        head = subprocess.Popen(
            command,
            env=environment,
            stdout=file,
            stderr=file,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    identity = process.Identity.of(head.pid)
    address = f"http://127.0.0.1:{dashboard}"
    try:
        end = time.monotonic() + 180
        while head.poll() is None and not _answers(address, environment):
            assert time.monotonic() < end, log.read_text()[-3000:]
            time.sleep(0.05)
        assert head.poll() is None, log.read_text()[-3000:]
        yield {**environment, "address": address}
    finally:
        head.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            head.wait(30)
        process.kill_group(identity)
        head.wait()


def jobs(cluster: dict[str, str]) -> dict[str, str]:
    """Ray's own word: submission → status."""
    import httpx

    headers = {"Authorization": f"Bearer {cluster['RAY_AUTH_TOKEN']}"}
    answer = httpx.get(f"{cluster['address']}/api/jobs/", headers=headers, timeout=20)
    return {job["submission_id"]: job["status"] for job in answer.json()}


def _answers(address: str, environment: dict[str, str]) -> bool:
    import httpx

    try:
        headers = {"Authorization": f"Bearer {environment['RAY_AUTH_TOKEN']}"}
        return httpx.get(f"{address}/api/jobs/", headers=headers, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False
