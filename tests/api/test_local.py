"""The service within a program: shared, private, taken over, closed without a trace."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from cooldown_api.local import place as local_place
from cooldown_api.local.client import local_settings

from cooldown_kit import AsyncClient, Client
from cooldown_kit.cli import main as cli
from cooldown_kit.errors import InputError, StorageError

NO_WORKER: dict[str, Any] = {"worker": {"slots": 0}}


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("COOLDOWN_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere.example/never")
    monkeypatch.setenv("COOLDOWN_WORKER__SLOTS", "900")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def recipe(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "docs").mkdir()
    for number in range(3):
        (tmp_path / f"docs/{number}.md").write_text(
            f"# Page {number}\n\n" + "Words about invoices and ledgers. " * 30
        )
    return {"name": "local", "model": "org/base", "sources": {"a": {"connector": "text", "path": "docs"}}}


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the service of the folder `service`, until its standard input ends."""
    code = (
        "import sys; from cooldown_kit import Client\n"
        "with Client.local('service', worker={'slots': 0}) as c:\n"
        "    c.projects.create('of-the-other'); print('up', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    yield process
    process.kill()
    process.communicate()


def workers_of(folder: Path) -> list[psutil.Process]:
    """Embedded workers whose lock is in that folder."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if "cooldown_api.worker.embedded" in " ".join(process.info["cmdline"] or ()):
            try:
                paths = {opened.path for opened in process.open_files()}
            except psutil.Error:
                continue
            if any(path.startswith(str(folder)) for path in paths):
                found.append(process)
    return found


def test_it_answers_and_leaves_nothing_behind_when_it_is_closed(tmp_path: Path) -> None:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    logs, threads = list(logging.getLogger().handlers), set(threading.enumerate())
    with Client.local("service", **NO_WORKER) as client:
        assert client.me().platform and client.ready().database == "sqlite"
        socket = Path(client.base_url.removeprefix("unix://"))
        assert len(os.fsencode(socket)) < 108
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "service").stat().st_mode) == 0o700
        assert {number: signal.getsignal(number) for number in handlers} == handlers
        assert logging.getLogger().handlers == logs
    assert not socket.exists() and set(threading.enumerate()) <= threads
    client.close()


def test_clients_of_one_folder_share_one_service(tmp_path: Path) -> None:
    first = Client.local("service", **NO_WORKER)
    second = Client.local(tmp_path / "service", **NO_WORKER)
    third = Client.local("else", **NO_WORKER)
    assert first.base_url == second.base_url != third.base_url
    first.projects.create("search")
    first.close()
    assert second.projects.get("search").id == "search"
    assert "search" not in {one.id for one in third.projects.list()}
    second.close()
    third.close()
    with Client.local("service", **NO_WORKER) as again:
        assert again.projects.get("search").id == "search"


def test_threads_that_open_and_close_at_once_do_not_disturb_each_other() -> None:
    def work(number: int) -> str:
        for _ in range(3):
            with Client.local("service", **NO_WORKER) as client:
                client.health()
        return "done"

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(work, range(4))) == ["done"] * 4


def test_another_process_uses_the_service_that_runs(other: subprocess.Popen[str]) -> None:
    with Client.local("service", **NO_WORKER) as client:
        assert client.projects.get("of-the-other").id == "of-the-other"
    assert other.poll() is None


@pytest.mark.parametrize("awaited", [False, True])
def test_when_the_process_that_runs_it_is_killed_another_takes_its_place(
    other: subprocess.Popen[str], awaited: bool
) -> None:
    if awaited:

        async def use() -> str:
            async with AsyncClient.local("service", **NO_WORKER) as client:
                await client.health()
                other.kill()
                other.wait()
                return (await client.projects.get("of-the-other")).id

        assert asyncio.run(use()) == "of-the-other"
        return
    with Client.local("service", **NO_WORKER) as client:
        client.health()
        other.kill()
        other.wait()
        assert client.projects.get("of-the-other").id == "of-the-other"


def test_a_path_that_is_too_long_for_a_socket_is_no_matter(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 8)
    with Client.local(deep, **NO_WORKER) as client:
        assert client.health().status == "ok"


def test_a_runtime_folder_that_others_may_enter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = Path(tempfile.mkdtemp(dir="/tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    (runtime / f"cooldown-{os.getuid()}").mkdir()
    (runtime / f"cooldown-{os.getuid()}").chmod(0o777)
    with pytest.raises(StorageError, match="not yours alone"):
        Client.local("service", **NO_WORKER)
    (runtime / f"cooldown-{os.getuid()}").chmod(0o700)
    with Client.local("service", **NO_WORKER) as client:
        assert client.base_url.startswith(f"unix://{runtime}/cooldown-")
    shutil.rmtree(runtime)


def test_a_program_that_ends_without_closing_it_ends_cleanly(tmp_path: Path) -> None:
    code = "from cooldown_kit import Client; c = Client.local('service'); c.health(); list(c.jobs.list())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not workers_of(tmp_path / "service")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"auth": "required"}, "`auth` cannot be chosen"),
        ({"data_dir": "x"}, "`data_dir` cannot be chosen"),
        ({"nonsense": 1}, "nonsense"),
        ({"worker": {"slots": -1}}, r"worker\.slots"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_starts(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        Client.local("service", **settings)
    assert not (tmp_path / "service").exists()


def test_the_environment_sets_nothing(tmp_path: Path) -> None:
    settings = local_settings(tmp_path, {})
    assert settings.worker.slots == 1 and settings.url == f"sqlite:///{tmp_path}/cooldown.db"


def test_a_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "service").write_text("")
    with pytest.raises(StorageError, match="service"):
        Client.local("service", **NO_WORKER)


def test_without_the_server_installed_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cooldown_kit.client.local.entry_points", lambda group: [])
    with pytest.raises(InputError, match="not installed") as caught:
        Client.local("service")
    assert "cooldown-kit[serve]" in str(caught.value)


def test_a_lock_goes_with_its_process_and_not_to_those_it_forks(tmp_path: Path) -> None:
    assert local_place.Lock.take(tmp_path) is not None
    code = "import sys; from pathlib import Path; from cooldown_api.local.place import Lock; sys.exit(Lock.take(Path(sys.argv[1])) is None)"
    asked = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(asked, check=False).returncode == 1


def child_of(folder: Path) -> psutil.Process:
    """The process of the only attempt, once it is there."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or ())
            if "cooldown_kit.engine" in line and str(folder / "projects") in line:
                return process
        time.sleep(0.02)
    raise AssertionError("no child began")


def test_what_runs_when_it_is_closed_is_taken_over_by_the_next(
    tmp_path: Path, recipe: dict[str, Any]
) -> None:
    with Client.local("service", worker={"poll_seconds": 0.2}) as client:
        job = client.jobs.get(client.datasets.create("billing", recipe).job)
        child = child_of(tmp_path / "service")
        child.suspend()
        assert workers_of(tmp_path / "service")
    assert not workers_of(tmp_path / "service")
    assert child.status() == psutil.STATUS_STOPPED
    with Client.local("service", worker={"poll_seconds": 0.2}) as client:
        child.resume()
        done = client.jobs.get(job.id).wait(timeout=300)
        assert done.attempt == 1
        assert client.datasets.get("billing").state == "ready"


def test_stop_gives_running_jobs_back_to_the_queue(tmp_path: Path, recipe: dict[str, Any]) -> None:
    with Client.local("service", stop=True, worker={"poll_seconds": 0.2, "grace_seconds": 1}) as client:
        job = client.jobs.get(client.datasets.create("billing", recipe).job)
        child = child_of(tmp_path / "service")
        child.suspend()
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    with Client.local("service", **NO_WORKER) as client:
        back = client.jobs.get(job.id)
        assert (back.state, back.reason) == ("queued", "worker_stopped")


def test_the_command_line_uses_it_too(
    tmp_path: Path, recipe: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    import yaml

    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    assert cli.call(["jobs", "submit", "--local", "--label", "a=b"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("job_") and "while a local service is up" in said.err
    assert cli.call(["jobs", "cancel", "latest", "--local"]) == 0
    assert cli.call(["jobs", "watch", "latest", "--local"]) == 7
    assert (tmp_path / ".cooldown/service/cooldown.db").exists()
