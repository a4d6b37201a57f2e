"""`cooldown serve`: who may reach it, what it says, how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path

import httpx
import pytest
from cooldown_api.commands.serve_command import command
from cooldown_api.commands.serving import listening, serve_settings
from cooldown_api.database.migrate import newest

from api_keys import bearer
from cooldown_kit.errors import InputError
from live_server import live_command


def run(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cooldown_kit.cli", *arguments],
        env={**os.environ, "COOLDOWN_DATA_DIR": str(folder / "data"), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "example.org", "127.0.0.1.example.org", ""])
def test_beyond_loopback_nothing_is_served_without_authentication(host: str) -> None:
    with pytest.raises(InputError, match="refuses to bind beyond loopback without auth"):
        serve_settings(host=host, auth="none", environment={})


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.9.9.9"])
def test_on_loopback_nobody_needs_a_key_unless_somebody_said_so(host: str, tmp_path: Path) -> None:
    assert serve_settings(host=host, environment={}).auth == "none"
    assert serve_settings(host=host, auth="required", environment={}).auth == "required"
    assert serve_settings(host="0.0.0.0", environment={}).auth == "required"
    assert serve_settings(host="0.0.0.0", uds=tmp_path / "s", environment={}).auth == "none"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_answers_in_pieces_do_not_wait_for_acknowledgements(host: str) -> None:
    """Each request took 40 ms longer without, and no throughput test saw it."""
    with listening(host, 0, None) as (listener, _), socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_environment_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COOLDOWN_AUTH", "required")
    assert serve_settings(host="127.0.0.1").auth == "required"
    monkeypatch.setenv("COOLDOWN_AUTH", "none")
    with pytest.raises(InputError, match="refuses to bind"):
        serve_settings(host="0.0.0.0")


def test_who_sits_at_the_machine_may_name_what_lies_below_the_folder_and_others_may_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    own = serve_settings(host="127.0.0.1").sources
    packages = Path(sysconfig.get_path("purelib"))  # models that packages carry
    assert (own.roots, own.references) == ([tmp_path, packages], "any")
    shared = serve_settings(host="127.0.0.1", auth="required").sources
    assert (shared.roots, shared.references) == ([], "secrets")
    monkeypatch.setenv("COOLDOWN_SOURCES__ROOTS", '["/srv"]')
    monkeypatch.setenv("COOLDOWN_SOURCES__REFERENCES", "secrets")
    said = serve_settings(host="127.0.0.1").sources
    assert (said.roots, said.references) == ([Path("/srv")], "secrets")


def test_the_command_answers_without_a_key_on_loopback_and_ends_with_status_0(tmp_path: Path) -> None:
    with live_command(tmp_path, "--no-worker") as live:
        said = r"serving on http://127\.0\.0\.1:\d+ without authentication"
        assert any(re.match(said, message) for message in live.messages)
        me = httpx.get(f"{live.url}/v1/me")
        assert me.json()["actor"] == "local"
        assert "server" not in me.headers
        assert httpx.get(f"{live.url}/v1/me", headers={"Host": "evil.example"}).status_code == 403
        forwarded = httpx.get(f"{live.url}/v1/me", headers={"X-Forwarded-For": "192.0.2.1"})
        assert forwarded.status_code == 403
        live.process.send_signal(signal.SIGINT)
        assert live.process.wait(30) == 0
    assert any(f"{live.url}/" in message for message in live.messages)
    told = [line for line in live.lines if line.get("logger") == "cooldown.requests"]
    assert [(line["route"], line["status"], line["actor"]) for line in told[:2]] == [
        ("/v1/me", 200, "local"),
        ("(none)", 403, None),
    ]
    assert told[0]["request_id"] == me.headers["x-request-id"]


def test_with_authentication_the_first_key_is_made_beside_it(tmp_path: Path) -> None:
    with live_command(tmp_path, "--no-worker", "--auth", "required") as live:
        assert httpx.get(f"{live.url}/v1/me").status_code == 401
        made = run("keys", "create", "--platform", folder=tmp_path)
        assert made.returncode == 0, made.stderr
        me = httpx.get(f"{live.url}/v1/me", headers=bearer(made.stdout.strip()))
        assert (me.json()["role"], me.json()["platform"]) == ("admin", True)
        listed = run("keys", "list", folder=tmp_path).stdout.split("\t")
        assert listed[2:4] == ["admin (platform)", "valid"]
        assert run("keys", "revoke", listed[0], folder=tmp_path).returncode == 0
        deadline = time.monotonic() + 30
        while httpx.get(f"{live.url}/v1/me", headers=bearer(made.stdout.strip())).status_code != 401:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert (
        "nobody can sign in yet; make the first key: cooldown keys create --role admin --platform"
        in live.messages
    )
    assert made.stdout.strip() not in str(live.lines)


def test_a_unix_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with live_command(tmp_path, "--no-worker", "--uds", str(path)) as live:
        assert live.url == f"unix:{path}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(path))) as client:
            assert client.get("http://localhost/v1/me").json()["actor"] == "local"
            assert client.get("http://evil.example/v1/me").status_code == 403
        with pytest.raises(InputError, match="a server listens there already"):
            command(uds=path, auth=None, data_dir=tmp_path / "other", worker=False)
    assert not path.exists()


def test_a_socket_that_a_dead_server_left_is_replaced_and_a_file_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with live_command(tmp_path, "--no-worker", "--uds", str(path)):
        assert stat.S_ISSOCK(path.stat().st_mode)
    path.write_text("mine")
    with pytest.raises(InputError, match="there is a file"):
        command(uds=path, auth=None, data_dir=tmp_path / "data", worker=False)
    assert path.read_text() == "mine"


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(InputError, match="cannot listen"):
        command(port=taken.getsockname()[1], auth=None, data_dir=tmp_path, worker=False, uds=None)


def test_a_signal_ends_open_streams_at_once(tmp_path: Path) -> None:
    recipe = {"name": "a", "model": "m", "sources": {"s": {"connector": "text", "path": "x"}}}
    (tmp_path / "x").mkdir()
    (tmp_path / "m").mkdir()
    with live_command(tmp_path, "--no-worker") as live:
        job = httpx.post(f"{live.url}/v1/jobs", json={"recipe": recipe}).json()["id"]
        opened, ended = threading.Barrier(9), []

        def read() -> None:
            with httpx.stream("GET", f"{live.url}/v1/jobs/{job}/events/stream", timeout=60) as stream:
                assert stream.status_code == 200
                lines = stream.iter_lines()
                next(lines)
                opened.wait(30)
                for _ in lines:
                    pass
                ended.append(True)

        readers = [threading.Thread(target=read) for _ in range(8)]
        for reader in readers:
            reader.start()
        opened.wait(30)
        live.process.send_signal(signal.SIGTERM)
        assert live.process.wait(30) == 0
        for reader in readers:
            reader.join()
    assert len(ended) == 8  # each was ended, none was cut
    assert not [message for message in live.messages if "timeout graceful shutdown exceeded" in message]


def test_settings_are_shown_and_no_secret_is(tmp_path: Path) -> None:
    shown = run(
        "config",
        "show",
        folder=tmp_path,
        DATABASE_URL="postgresql://ann:hunter2@db.example/jobs?password=hunter2",
        COOLDOWN_SECRET_KEY="hunter2" * 8,
        COOLDOWN_WORKER__SLOTS="3",
    )
    assert shown.returncode == 0, shown.stderr
    assert "hunter2" not in shown.stdout
    assert "COOLDOWN_WORKER__SLOTS=3\n" in shown.stdout
    assert "DATABASE_URL=postgresql://ann:***@db.example/jobs\n" in shown.stdout


def test_the_schema_is_brought_up_to_date_by_hand(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    assert "nothing" in run("db", "current", folder=tmp_path, DATABASE_URL=url).stdout
    assert run("db", "upgrade", folder=tmp_path, DATABASE_URL=url).stdout == f"{newest()}\n"
    assert (
        run("db", "current", folder=tmp_path, DATABASE_URL=url).stdout == f"{newest()} (needed: {newest()})\n"
    )
