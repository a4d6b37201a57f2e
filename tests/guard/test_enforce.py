"""A process that is held to a policy: every connection made in Python is looked at, by whomever it is made."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cooldown_kit.guard.policy import VARIABLE, Policy

HEAD = """
import socket, sys, os, json
from cooldown_kit.guard import Policy, enforce, NotAllowed, reachable
port = int(sys.argv[1])
def tried(what):
    try:
        what()
        return "connected"
    except BaseException as error:
        return type(error).__name__
"""


@pytest.fixture
def port() -> Iterator[int]:
    """A port of loopback that somebody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def child(code: str, port: int, **environment: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + code, str(port)], capture_output=True, text=True, check=False, timeout=60, env={**os.environ, "HF_HUB_OFFLINE": "0", **environment}
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


WAYS = {
    "connect": "socket.socket().connect(('127.0.0.1', port))",
    "connect_ex": "socket.socket().connect_ex(('127.0.0.1', port))",
    "create_connection": "socket.create_connection(('127.0.0.1', port))",
    "mapped": "socket.socket(socket.AF_INET6).connect(('::ffff:127.0.0.1', port))",
    "every address": "socket.socket().connect(('0.0.0.0', port))",
    "name": "socket.socket().connect(('localhost', port))",
    "short number": "socket.socket().connect(('127.1', port))",
    "metadata": "socket.socket().connect(('169.254.169.254', 80))",
    "zone": "socket.socket(socket.AF_INET6).connect(('fe80::1%lo', port))",
    "datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
    "message": "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('127.0.0.1', port))",
    "urllib": "__import__('urllib.request').request.urlopen(f'http://127.0.0.1:{port}')",
    "httpx": "__import__('httpx').get(f'http://127.0.0.1:{port}')",
    "urllib3": "__import__('urllib3').request('GET', f'http://127.0.0.1:{port}')",
    "requests": "__import__('requests').get(f'http://127.0.0.1:{port}')",
    "asyncio": "__import__('asyncio').run(__import__('asyncio').open_connection('127.0.0.1', port))",
    "hub": "__import__('huggingface_hub').HfApi(endpoint=f'http://127.0.0.1:{port}').model_info('a/b')",
}


def test_no_way_of_python_leads_to_an_address_that_is_refused(port: int) -> None:
    """As ``NotAllowed``, which libraries hand on: an ``OSError`` they would try again."""
    code = f"enforce(Policy(urls=('https://*', 'http://*')))\nways = {WAYS!r}\nprint(json.dumps({{name: tried(lambda: eval(way)) for name, way in ways.items()}}))"
    begun = time.monotonic()
    assert json.loads(child(code, port)) == dict.fromkeys(WAYS, "NotAllowed")
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("policy", "way", "result"),
    [
        ("Policy(private_hosts=('127.0.0.1',))", "__import__('httpx').get(f'http://127.0.0.1:{port}', timeout=0.2)", "ReadTimeout"),
        ("Policy(private_hosts=('127.0.0.1',))", WAYS["connect"], "connected"),
        ("Policy(private_hosts=('127.0.0.0/8',))", WAYS["connect"], "NotAllowed"),
        ("Policy(local_ports=True)", WAYS["connect"], "connected"),
        ("Policy(local_ports=True)", WAYS["mapped"], "connected"),
        ("Policy(local_ports=True)", WAYS["metadata"], "NotAllowed"),
        ("Policy(local_ports=True)", "reachable('127.0.0.1', port)", "NotAllowed"),
        ("Policy(private_hosts=('localhost',))", "socket.socket().connect((reachable('localhost', port)[-1], port))", "connected"),
        ("Policy(private_hosts=('localhost',))", WAYS["connect"], "NotAllowed"),
        ("Policy()", "[a.sendall(b'x') for a in socket.socketpair()]", "connected"),
        ("Policy()", "socket.socket(socket.AF_VSOCK).connect((2, 80))", "NotAllowed"),
    ],
)  # fmt: skip
def test_what_the_policy_allows_is_connected(port: int, policy: str, way: str, result: str) -> None:
    if "AF_VSOCK" in way and not hasattr(socket, "AF_VSOCK"):
        pytest.skip("no vsock here")
    assert child(f"enforce({policy})\nprint(tried(lambda: {way}))", port) == result


def test_a_process_is_held_to_one_policy_for_good(port: int) -> None:
    code = "enforce(Policy()); enforce(Policy()); print(tried(lambda: enforce(Policy(local_ports=True))), tried(lambda: socket.create_connection(('127.0.0.1', port))))"
    assert child(code, port) == "RuntimeError NotAllowed"


def test_workers_are_held_to_the_policy_of_the_process_that_started_them(port: int) -> None:
    code = "from cooldown_kit.guard.enforce import inherit\ninherit()\nprint(tried(lambda: socket.create_connection(('127.0.0.1', port))))"
    assert child(code, port, **{VARIABLE: Policy().model_dump_json()}) == "NotAllowed"
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    assert VARIABLE not in environment
    assert child(code, port) == "connected"


def test_the_loop_of_workers_inherits_it(tmp_path: Path, port: int) -> None:
    """The module that every worker runs its life in, with its stdin at the end at once."""
    code = (
        "import msgspec\nfrom cooldown_kit.guard import active\nfrom cooldown_kit.worker_loop import answer_all\n"
        "answer_all(msgspec.Struct, lambda question: question)\nprint(active() == Policy(local_ports=True), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", HEAD + code, str(port)], input="", capture_output=True, text=True, check=True,
        env={**os.environ, VARIABLE: Policy(local_ports=True).model_dump_json()},
    )  # fmt: skip
    assert done.stderr.strip() == "True"


def test_importing_the_guard_is_cheap() -> None:
    code = "import sys, cooldown_kit.guard; sys.exit(len({'torch', 'transformers', 'httpx', 'huggingface_hub', 'git', 'cooldown_kit.recipe'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
