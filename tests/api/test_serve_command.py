"""`cooldown serve` really answers over HTTP, on loopback."""

from __future__ import annotations

import re
import subprocess
import sys

import httpx


def test_the_command_serves_on_loopback_until_it_is_stopped() -> None:
    command = [sys.executable, "-m", "cooldown_kit.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            lines = iter(server.stderr.readline, "")
            address = next(m[1] for line in lines if (m := re.search(r"running on (http://\S+)", line)))
            assert address.startswith("http://127.0.0.1:")
            assert httpx.get(f"{address}/v1/health").json()["status"] == "ok"
            answer = httpx.post(f"{address}/v1/recipes/check", json={"recipe": {"name": "a"}})
            assert answer.status_code == 422
        finally:
            server.terminate()
            server.communicate(timeout=30)
    assert server.returncode is not None
