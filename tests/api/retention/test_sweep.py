"""Who removes, and when: the sweep beside API and worker, and `cooldown db prune`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cooldown_api.app import create_app
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import AuditEntry, Idempotency, Job
from cooldown_api.local.host import Host
from cooldown_api.local.place import Lock
from cooldown_api.retention import sweep as sweeping
from cooldown_api.retention import sweeper as sweepers
from cooldown_api.retention.sweep import sweep
from cooldown_api.retention.sweeper import Sweeper
from cooldown_api.service import Service
from cooldown_api.settings import RetentionSettings, Settings, WorkerSettings
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import func, select

from cooldown_kit.cli import main as cli
from cooldown_kit.client.states import State
from job_rows import RECIPE
from live_server import live_api, live_command

from .conftest import AddOld, Count

DAY = timedelta(days=1)
NOTHING = {"events": 0, "metrics": 0, "log_chunks": 0}


def keeping(service: Service, **days: float) -> Settings:
    return service.settings.model_copy(update={"retention": RetentionSettings(**days)})


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def audited(service: Service) -> list[AuditEntry]:
    with service.database.read(ALL_PROJECTS) as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


# ---------------------------------------------------------------- the sweep


def test_without_a_setting_nothing_is_removed(service: Service, add_old: AddOld, count: Count) -> None:
    add_old(5000 * DAY)
    folder = service.settings.project_dir("default") / "attempts" / "job_1" / "1"
    folder.mkdir(parents=True)
    before = count()
    assert not sweep(service.database, service.settings, threading.Event())
    assert count() == before and folder.exists() and audited(service) == []


def test_a_sweep_removes_what_the_setting_says_and_tells_it_once(
    service: Service, add_old: AddOld, count: Count
) -> None:
    old, young = add_old(31 * DAY), add_old(29 * DAY)
    kept = count(young)
    for _ in range(2):
        sweep(service.database, keeping(service, details_days=30), threading.Event())
    assert (count(old), count(young)) == (NOTHING, kept)
    (line,) = audited(service)
    assert line.actor == "retention"
    assert line.detail == {"jobs": 1, "events": 6, "metrics": 2, "log_chunks": 2}


def test_a_sweep_that_breaks_off_tells_what_it_removed_until_then(
    service: Service, add_old: AddOld, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_old(31 * DAY)

    def broken(*given: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(sweeping, "remove_attempt_folders", broken)
    settings = keeping(service, details_days=30, attempt_folders_days=30)
    with pytest.raises(OSError, match="the disk is gone"):
        sweep(service.database, settings, threading.Event())
    assert [line.detail["jobs"] for line in audited(service)] == [1]


def test_answers_to_old_idempotency_keys_go_with_every_sweep(client: TestClient, service: Service) -> None:
    for number in range(3):
        client.post("/v1/jobs", json={"recipe": RECIPE}, headers={"Idempotency-Key": f"k{number}"})
    with service.database.write(ALL_PROJECTS) as session:
        for row in session.scalars(select(Idempotency).where(Idempotency.key != "k1")):
            row.created_at -= timedelta(hours=25)
    lines = len(audited(service))
    sweep(service.database, service.settings, threading.Event())
    with service.database.read(ALL_PROJECTS) as session:
        assert session.scalars(select(Idempotency.key)).all() == ["k1"]
    assert len(audited(service)) == lines


@pytest.mark.parametrize("days", [0, -1, float("inf"), float("nan"), 40000])
@pytest.mark.parametrize("name", ["details_days", "attempt_folders_days"])
def test_a_time_to_keep_is_more_than_nothing_and_no_more_than_a_century(name: str, days: float) -> None:
    with pytest.raises(ValidationError):
        RetentionSettings(**{name: days})


def test_the_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COOLDOWN_RETENTION__DETAILS_DAYS", "90")
    assert Settings().retention == RetentionSettings(details_days=90)


# ---------------------------------------------------------------- the thread


def test_the_thread_sweeps_at_its_start_and_again_after_an_error_and_ends_when_stopped(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweepers, "_SWEEP_SECONDS", 0.01)
    done, swept = threading.Event(), []

    def fail_at_first(database: Database, settings: Settings, stop: threading.Event) -> None:
        swept.append(stop.is_set())
        if len(swept) == 1:
            raise RuntimeError("something odd")
        done.set()

    monkeypatch.setattr(sweepers, "sweep", fail_at_first)
    sweeper = Sweeper(service.database, service.settings)
    sweeper.start()
    assert done.wait(60)
    sweeper.stop()
    assert not sweeper._thread.is_alive()


def test_a_stop_does_not_wait_for_all_that_is_due(
    service: Service, add_old: AddOld, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "_REST_SECONDS", 3600)
    add_old(31 * DAY, count=600)
    sweeper = Sweeper(service.database, keeping(service, details_days=30))
    whole = count()["events"]
    sweeper.start()
    until(lambda: count()["events"] < whole)
    sweeper.stop()
    assert not sweeper._thread.is_alive() and any(count().values())
    assert audited(service)[0].detail["events"] == whole - count()["events"]


def test_an_application_that_opens_its_own_service_sweeps(
    make_settings: Callable[..., Settings], service: Service, add_old: AddOld, count: Count
) -> None:
    add_old(31 * DAY)
    with TestClient(create_app(make_settings(retention={"details_days": 30}))):
        until(lambda: count() == NOTHING)


def test_the_api_sweeps_beside_its_work_and_ends_when_asked(
    service: Service, add_old: AddOld, count: Count, tmp_path: Path
) -> None:
    add_old(31 * DAY)
    environment = {"DATABASE_URL": service.settings.url, "COOLDOWN_RETENTION__DETAILS_DAYS": "30"}
    with live_command(tmp_path, "--no-worker", **environment) as live:
        until(lambda: len(audited(service)) == 1)
        live.process.send_signal(signal.SIGTERM)
        assert live.process.wait(60) == 0
    assert count() == NOTHING and [line.actor for line in audited(service)] == ["retention"]


def test_a_worker_sweeps_beside_its_work_and_ends_when_asked(
    service: Service, add_old: AddOld, count: Count, tmp_path: Path
) -> None:
    add_old(31 * DAY)
    settings = keeping(service, details_days=30).model_copy(update={"worker": WorkerSettings(slots=0)})
    given = {**settings.model_dump(mode="json"), "database_url": settings.url}
    log = tmp_path / "worker.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "cooldown_api.worker.embedded"],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
        )
    try:
        assert process.stdin is not None
        with process.stdin as pipe:
            pipe.write(json.dumps(given).encode())
        until(lambda: len(audited(service)) == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()
    assert count() == NOTHING and [line.actor for line in audited(service)] == ["retention"]


def test_the_local_service_sweeps(service: Service, add_old: AddOld, count: Count) -> None:
    add_old(31 * DAY)
    settings = keeping(service, details_days=30).model_copy(update={"worker": WorkerSettings(slots=0)})
    lock = Lock.take(settings.data_dir)
    assert lock is not None
    host = Host(settings, lock, drain=False)
    try:
        host.start()
        until(lambda: count() == NOTHING)
    finally:
        host.stop()


# ---------------------------------------------------------------- what people see of such a job


@pytest.fixture
def pruned(service: Service, add_old: AddOld) -> str:
    id = add_old(91 * DAY + timedelta(hours=3))
    sweep(service.database, keeping(service, details_days=90), threading.Event())
    return id


def test_a_job_says_that_its_details_were_removed(client: TestClient, service: Service, pruned: str) -> None:
    shown = client.get(f"/v1/jobs/{pruned}").json()
    with service.database.read(ALL_PROJECTS) as session:
        removed = session.get_one(Job, pruned).details_removed_at
    assert removed is not None
    assert shown["details_removed_at"].startswith(f"{removed:%Y-%m-%dT%H:%M}")
    assert (shown["state"], shown["result"]["run"], len(shown["attempts"])) == ("succeeded", "r", 1)
    (listed,) = client.get("/v1/jobs").json()["data"]
    assert listed["details_removed_at"] == shown["details_removed_at"]
    new = client.post("/v1/jobs", json={"recipe": RECIPE}).json()
    assert new["details_removed_at"] is None


def test_lists_of_such_a_job_are_empty(client: TestClient, pruned: str) -> None:
    for part in ("events", "logs", "logs?tail=true", "events?after=3", "logs?after=1"):
        answer = client.get(f"/v1/jobs/{pruned}/{part}")
        assert (answer.status_code, answer.json()["data"], answer.json()["has_more"]) == (200, [], False)
    metrics = client.get(f"/v1/jobs/{pruned}/metrics").json()
    assert (metrics["steps"], metrics["data"]) == (0, [])
    assert client.get(f"/v1/jobs/{pruned}/lineage").status_code == 200


def test_streams_of_such_a_job_end_at_once_and_say_why(
    make_settings: Callable[..., Settings], service: Service, pruned: str
) -> None:
    with live_api(make_settings()) as (address, _):
        for path in ("events/stream?include=logs,metrics", "logs/stream", "events/stream?types=state"):
            for last in ({}, {"Last-Event-ID": "1"}, {"Last-Event-ID": "99999"}):
                answer = httpx.get(f"{address}/v1/jobs/{pruned}/{path}", headers=last, timeout=60)
                told, done, _ = answer.text.split("\n\n")
                assert told.startswith("event: end\n") and '"details_removed_at": "' in told
                assert done == "data: [DONE]"


def test_a_rerun_of_such_a_job_begins_with_events_of_its_own(client: TestClient, pruned: str) -> None:
    again = client.post(f"/v1/jobs/{pruned}/rerun", json={})
    assert again.status_code == 201, again.text
    made = again.json()
    assert (made["rerun_of"], made["state"], made["details_removed_at"]) == (pruned, "queued", None)
    events = client.get(f"/v1/jobs/{made['id']}/events").json()["data"]
    assert [event["id"] for event in events] == [1]


def test_the_page_of_such_a_job_says_so_in_one_line_instead_of_empty_lists(
    client: TestClient, service: Service, add_old: AddOld, pruned: str
) -> None:
    text = client.get(f"/jobs/{pruned}").text
    with service.database.read(ALL_PROJECTS) as session:
        removed = session.get_one(Job, pruned).details_removed_at
    assert text.count("Events, metrics and log lines were removed on") == 1
    assert f"{removed:%Y-%m-%d}</time>, 91 days after the job ended." in text
    assert "Nothing has happened yet" not in text and "No step is done yet" not in text
    for part in ("log", "events", "training"):
        assert f'id="{part}"' not in text and f'href="#{part}"' not in text
    assert 'id="attempts"' in text and 'id="recipe"' in text and "live.js" not in text
    assert 'id="events"' not in client.get(f"/jobs/{pruned}?part=live").text
    for path in ("charts", "log.txt"):
        assert client.get(f"/jobs/{pruned}/{path}").status_code == 200
    other = client.get(f"/jobs/{add_old(DAY)}").text
    assert "were removed on" not in other and 'id="log"' in other and "live.js" in other


@pytest.mark.parametrize(
    ("kept", "said"),
    [(1.01, "1 day"), (2.9, "2 days"), (0.5, "12\N{NO-BREAK SPACE}h 00\N{NO-BREAK SPACE}min")],
)
def test_the_page_says_how_long_they_were_kept(
    client: TestClient, service: Service, add_old: AddOld, kept: float, said: str
) -> None:
    id = add_old(kept * DAY)
    sweep(service.database, keeping(service, details_days=kept - 0.001), threading.Event())
    assert f"</time>, {said} after the job ended." in client.get(f"/jobs/{id}").text


def test_openais_clients_see_no_result_file_of_such_a_job(
    client: TestClient, add_old: AddOld, pruned: str
) -> None:
    whole = add_old(DAY)
    jobs = {job["x_cooldown"]["job"]: job for job in client.get("/v1/fine_tuning/jobs").json()["data"]}
    assert jobs[pruned]["result_files"] == [] and len(jobs[whole]["result_files"]) == 1
    (listed,) = client.get("/v1/files?purpose=fine-tune-results").json()["data"]
    assert [listed["id"]] == jobs[whole]["result_files"]
    gone = listed["id"].replace(whole.removeprefix("job_"), pruned.removeprefix("job_"))
    assert gone != listed["id"]
    assert client.get(f"/v1/files/{gone}").status_code == 404
    assert client.get(f"/v1/files/{gone}/content").status_code == 404
    told = client.get(f"/v1/fine_tuning/jobs/{jobs[pruned]['id']}/events")
    assert (told.status_code, told.json()["data"]) == (200, [])


# ---------------------------------------------------------------- the command


@pytest.fixture
def command(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, int], str]]:
    """Runs ``cooldown db prune`` on that service's database; gives status, what was counted, and standard error."""
    monkeypatch.setenv("DATABASE_URL", service.settings.url)
    monkeypatch.setenv("COOLDOWN_DATA_DIR", str(service.settings.data_dir))

    def run(*arguments: str) -> tuple[int, dict[str, int], str]:
        status = cli.call(["db", "prune", *arguments])
        said = capsys.readouterr()
        lines = [line.split("\t") for line in said.out.splitlines()]
        return status, {name: int(number) for name, number in lines}, said.err

    return run


def test_prune_removes_at_once_and_prints_what(
    service: Service, add_old: AddOld, count: Count, command: Any
) -> None:
    old, young = add_old(91 * DAY), add_old(89 * DAY)
    paused = add_old(91 * DAY, State.PAUSED)
    kept = (count(young), count(paused))
    would = {"jobs": 1, "events": 6, "metrics": 2, "log_chunks": 2}
    assert command("--older-than", "90d", "--dry-run")[:2] == (0, would)
    assert any(count(old).values()) and audited(service) == []
    assert command("--older-than", "90d")[:2] == (0, would)
    assert (count(old), count(young), count(paused)) == (NOTHING, *kept)
    assert command("--older-than", "90d")[:2] == (0, dict.fromkeys(would, 0))
    (line,) = audited(service)
    assert (line.actor, line.action) == ("local", "retention.remove")
    assert line.detail == {**would, "user": line.detail["user"]} and line.detail["user"]


@pytest.mark.parametrize("written", ["90", "90.5", "", "d", "-1d", "soon", "0d", "٣"])
def test_prune_takes_no_age_that_could_be_meant_otherwise(
    service: Service, add_old: AddOld, count: Count, command: Any, written: str
) -> None:
    add_old(5000 * DAY)
    before = count()
    status, printed, said = command(f"--older-than={written}")
    assert (status, printed, count()) == (2, {}, before)
    assert "--older-than" in said and "90d or 36h" in said


def test_prune_of_more_than_all_time_removes_nothing(
    service: Service, add_old: AddOld, count: Count, command: Any
) -> None:
    add_old(5000 * DAY)
    before = count()
    status, printed, _ = command("--older-than", f"{10**12}d")
    assert (status, sum(printed.values()), count()) == (0, 0, before)


def test_prune_needs_to_be_told_an_age(command: Any, service: Service) -> None:
    assert command()[0] == 2
    with service.database.read(ALL_PROJECTS) as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
