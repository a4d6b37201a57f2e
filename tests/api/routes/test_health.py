"""Whether the process lives, and whether it can do its work: two questions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cooldown_api.app import create_app
from cooldown_api.database.migrate import downgrade
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Worker
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from postgres import drop_database


def test_a_process_that_lives_says_so(client: TestClient) -> None:
    assert client.get("/v1/health").json()["status"] == "ok"


def test_ready_tells_the_database_and_the_workers_that_live(client: TestClient, service: Service) -> None:
    found = client.get("/v1/ready").json()
    assert (found["status"], found["workers"]) == ("ready", 0)
    now = datetime.now(UTC)
    with service.database.write(ALL_PROJECTS) as session:
        for number, age in enumerate((0, 3600)):
            heard = now - timedelta(seconds=age)
            session.add(
                Worker(
                    id=f"w{number}",
                    host_id="h",
                    hostname="h",
                    version="1",
                    started_at=heard,
                    heartbeat_at=heard,
                    slots=1,
                    executors=["local"],
                )
            )
    assert client.get("/v1/ready").json()["workers"] == 1


def test_an_old_schema_is_not_ready(client: TestClient, service: Service) -> None:
    downgrade(service.database, "base")
    answer = client.get("/v1/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert client.get("/v1/health").status_code == 200


def test_a_database_that_is_away_is_not_ready_and_not_an_error_of_ours(service: Service) -> None:
    if service.database.sqlite:  # a file does not go away; Postgres does
        return
    with TestClient(create_app(service.settings, service), raise_server_exceptions=False) as client:
        drop_database(service.settings.url)
        for path in ("/v1/ready", "/v1/jobs"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
            assert "retry-after" in answer.headers
        assert client.get("/v1/health").status_code == 200
