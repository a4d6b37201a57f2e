"""`/metrics`: what it counts, who may read it, and that its size does not grow with use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cooldown_api.app import create_app
from cooldown_api.auth.keys import create_key
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Delivery, Gpu, Job, Webhook, Worker
from cooldown_api.jobs.standing import find_standing
from cooldown_api.jobs.submit import NewJob, submit
from cooldown_api.observe.fleet_metrics import FleetMetrics
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from api_keys import bearer
from loopback_server import FakeClock


def fill(service: Service) -> datetime:
    """Three waiting jobs and a running one, two machines of which one is dead, two GPUs, a failed delivery."""
    with service.database.write(ALL_PROJECTS) as session:
        now = service.database.now(session)
        standing = find_standing(service.database, session, "default")
        jobs: list[Job] = []
        for number, priority in enumerate((0, 50, 100, 50)):
            new = NewJob(
                kind="plan" if number == 1 else "run",
                name="a",
                recipe={},
                priority=priority,
                gpus=0,
                executor="local",
                max_attempts=3,
                max_duration_seconds=60,
                created_by="x",
            )
            queued_at = now - timedelta(seconds=100 - number)
            jobs.append(submit(session, replace(standing, now=queued_at), new))
        jobs[3].state = "running"
        for number, state in ((1, "ended"), (2, "running")):
            session.add(
                Attempt(
                    id=f"attempt_{number}",
                    project_id="default",
                    job_id=jobs[3].id,
                    number=number,
                    state=state,
                    reason="child_died" if state == "ended" else "claimed",
                    executor="local",
                    worker_id="w1",
                    host_id="h1",
                    token=1,
                    lease_expires_at=now + timedelta(seconds=10),
                    folder="f",
                    gpus=[],
                    started_at=now,
                    progress_at=now,
                )
            )
        for id, seen in (("w1", now), ("w2", now - timedelta(hours=1))):
            session.add(
                Worker(
                    id=id,
                    host_id=id,
                    hostname=id,
                    version="0",
                    started_at=now,
                    heartbeat_at=seen,
                    slots=3,
                    executors=["local"],
                )
            )
        for uuid, attempt in (("g1", "attempt_2"), ("g2", None)):
            session.add(
                Gpu(uuid=uuid, host_id="w1", name="x", memory_bytes=1, seen_at=now, attempt_id=attempt)
            )
        session.add(
            Webhook(
                id="hook_1",
                project_id="default",
                name="a",
                url="https://a.example",
                event_types=["job.*"],
                secret="x",
                enabled=True,
                created_by="x",
                created_at=now,
            )
        )
        session.flush()
        session.add(
            Delivery(
                id="evt_1",
                project_id="default",
                webhook_id="hook_1",
                type="webhook.test",
                body={},
                state="failed",
                next_at=now,
                created_at=now,
            )
        )
    return now


def values(text: str) -> dict[str, float]:
    return {
        sample.name
        + "".join(f" {name}={value}" for name, value in sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_jobs_queue_machines_and_webhooks_are_told(client: TestClient, service: Service) -> None:
    fill(service)
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    told = values(answer.text)
    assert told["cooldown_jobs kind=run state=queued"] == 2
    assert told["cooldown_jobs kind=plan state=queued"] == 1
    assert told["cooldown_jobs kind=run state=running"] == 1
    assert [told[f"cooldown_queue_depth priority={band}"] for band in ("low", "normal", "high")] == [1, 1, 1]
    assert 99 < told["cooldown_queue_oldest_seconds"] < 160
    assert told["cooldown_attempts_ended_total reason=child_died"] == 1
    assert told["cooldown_attempts_running"] == 1
    assert 19 < told["cooldown_lease_age_seconds"] < 80
    assert told["cooldown_workers draining=false"] == 1
    assert told["cooldown_worker_slots"] == 3
    assert (told["cooldown_gpus busy=true"], told["cooldown_gpus busy=false"]) == (1, 1)
    assert told["cooldown_webhook_deliveries outcome=failed"] == 1
    assert told["cooldown_database_up"] == 1


def test_requests_are_counted_by_template_so_that_ids_make_no_series(client: TestClient) -> None:
    for number in range(30):
        client.get(f"/v1/jobs/job_{number}")
        client.get(f"/nothing/{number}")
    client.request("BREW", "/v1/me")
    told = values(client.get("/metrics").text)
    assert told["cooldown_http_requests_total method=GET route=/v1/jobs/{id} status=404"] == 30
    assert told["cooldown_http_requests_total method=GET route=(none) status=404"] == 30
    assert told["cooldown_http_request_seconds_count method=GET route=/v1/jobs/{id}"] == 30
    assert any("method=OTHER" in name for name in told)
    assert not any("job_1" in name or "BREW" in name for name in told)


def test_the_database_is_asked_at_most_every_five_seconds(service: Service) -> None:
    clock = FakeClock()
    registry = CollectorRegistry()
    registry.register(FleetMetrics(service.database, service.settings, clock.monotonic))
    depth = {"priority": "low"}
    assert registry.get_sample_value("cooldown_queue_depth", depth) == 0
    fill(service)
    clock.passed += 4.9
    assert registry.get_sample_value("cooldown_queue_depth", depth) == 0
    clock.passed += 0.1
    assert registry.get_sample_value("cooldown_queue_depth", depth) == 1


def test_a_database_that_is_away_is_a_metric(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    registry = CollectorRegistry()
    registry.register(FleetMetrics(database, Settings(data_dir=tmp_path)))
    assert registry.get_sample_value("cooldown_database_up") == 0
    database.close()


@pytest.mark.parametrize("public", [True, False])
def test_they_are_for_who_may_see_the_whole_service(
    make_settings: Callable[..., Settings], public: bool
) -> None:
    service = Service.open(make_settings(auth="required", metrics_public=public))
    with service.database.write(ALL_PROJECTS) as session:
        now = service.database.now(session)
        keys = [
            create_key(
                session, project="default", name="a", role=role, platform=platform, created_by="x", now=now
            ).secret
            for role, platform in (("viewer", True), ("admin", False))
        ]
    with TestClient(create_app(service.settings, service)) as client:
        assert client.get("/metrics", headers=bearer(keys[0])).status_code == 200
        assert client.get("/metrics", headers=bearer(keys[1])).status_code == (200 if public else 403)
        assert client.get("/metrics").status_code == (200 if public else 401)
    service.close()
