"""Projects, their limits and use, and machines: for platform administrators, each project's own for its people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Attempt, Gpu, Usage, Worker
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from api_keys import bearer
from job_rows import add_job

MakeKey = Callable[..., str]
PLATFORM_ONLY = (
    ("GET", "/v1/projects"),
    ("POST", "/v1/projects"),
    ("PATCH", "/v1/projects/alpha"),
    ("DELETE", "/v1/projects/alpha"),
    ("GET", "/v1/projects/alpha/usage"),
    ("GET", "/v1/workers"),
    ("POST", "/v1/workers/w1/drain"),
    ("POST", "/v1/workers/w1/undrain"),
    ("GET", "/v1/audit?all_projects=true"),
)


def test_what_concerns_all_projects_is_for_platform_administrators(
    asking: TestClient, make_key: MakeKey
) -> None:
    for headers in (bearer(make_key()), bearer(make_key(role="editor", platform=True))):
        for method, path in PLATFORM_ONLY:
            body = {"json": {"id": "new"} if method == "POST" else {}} if method in ("POST", "PATCH") else {}
            assert asking.request(method, path, headers=headers, **body).status_code == 403, path


def test_a_project_is_made_changed_and_deleted(asking: TestClient, make_key: MakeKey) -> None:
    admin = bearer(make_key(platform=True))
    made = asking.post("/v1/projects", json={"id": "new", "max_running": 2, "weight": 3}, headers=admin)
    assert (made.status_code, made.json()["max_running"], made.json()["name"]) == (201, 2, "new")
    assert asking.post("/v1/projects", json={"id": "new"}, headers=admin).status_code == 409
    changed = asking.patch(
        "/v1/projects/new",
        json={"max_running": None, "gpu_hours_per_month": 1.5, "weight": None},
        headers=admin,
    ).json()
    assert (changed["max_running"], changed["gpu_hours_per_month"], changed["weight"]) == (None, 1.5, 3)
    same = asking.patch("/v1/projects/new", json={}, headers=admin).json()
    assert same == changed
    pages = [
        asking.get("/v1/projects", params={"limit": 2, "after": after}, headers=admin).json()
        for after in ("a", "beta")
    ]
    assert [[row["id"] for row in page["data"]] for page in pages] == [["alpha", "beta"], ["default", "new"]]
    headers = {**admin, "X-Cooldown-Project": "new"}
    assert asking.get("/v1/me", headers=headers).json()["project"] == "new"
    assert asking.post("/v1/keys", json={"name": "a"}, headers=headers).status_code == 201
    assert asking.delete("/v1/projects/new", headers=admin).status_code == 200
    assert asking.get("/v1/me", headers=headers).status_code == 404
    assert asking.delete("/v1/projects/new", headers=admin).status_code == 404


def test_a_project_with_a_history_and_the_default_one_stay(
    guarded: Service, asking: TestClient, make_key: MakeKey
) -> None:
    admin = bearer(make_key(platform=True))
    add_job(guarded, "beta")
    for project in ("beta", "default"):
        assert asking.delete(f"/v1/projects/{project}", headers=admin).status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {"id": "UPPER"},
        {"id": "-a"},
        {"id": "a/b"},
        {"id": "a", "weight": 0},
        {"id": "a", "storage_bytes": 2**63},
        {},
    ],
)
def test_a_project_that_cannot_be_is_refused(client: TestClient, body: dict[str, object]) -> None:
    assert client.post("/v1/projects", json=body).status_code == 422


def test_people_see_their_own_project_and_no_other(asking: TestClient, make_key: MakeKey) -> None:
    viewer = bearer(make_key(role="viewer"))
    assert asking.get("/v1/projects/alpha", headers=viewer).json()["id"] == "alpha"
    assert asking.get("/v1/projects/beta", headers=viewer).status_code == 404


def test_use_is_told_in_hours_by_month(guarded: Service, asking: TestClient, make_key: MakeKey) -> None:
    with guarded.database.write(ALL_PROJECTS) as session:
        for number, (project, month) in enumerate(
            (("alpha", "2026-10"), ("alpha", "2026-10"), ("beta", "2026-10"))
        ):
            session.add(
                Usage(
                    job_id=f"job_{number}",
                    project_id=project,
                    month=month,
                    used_job_seconds=1800,
                    used_gpu_seconds=7200,
                    held_job_seconds=360,
                    held_gpu_seconds=0,
                )
            )
    viewer, platform = bearer(make_key(role="viewer")), bearer(make_key(platform=True))
    report = asking.get("/v1/usage", params={"month": "2026-10"}, headers=viewer).json()
    assert (report["project"], report["used_job_hours"], report["used_gpu_hours"]) == ("alpha", 1, 4)
    assert report["held_job_hours"] == pytest.approx(0.2)
    other = asking.get("/v1/projects/beta/usage", params={"month": "2026-10"}, headers=platform).json()
    assert (other["project"], other["used_gpu_hours"]) == ("beta", 2)
    now = asking.get("/v1/usage", headers=viewer).json()
    assert (now["month"], now["used_job_hours"]) == (datetime.now(UTC).strftime("%Y-%m"), 0)
    assert asking.get("/v1/usage", params={"month": "2026-13"}, headers=viewer).status_code == 422


def test_machines_are_told_with_their_gpus_and_can_be_drained(client: TestClient, service: Service) -> None:
    job = add_job(service)
    with service.database.write(ALL_PROJECTS) as session:
        now = service.database.now(session)
        for id, seen in (("w1", now), ("w2", now - timedelta(hours=1))):
            session.add(
                Worker(
                    id=id,
                    host_id=f"h-{id}",
                    hostname=id,
                    version="0",
                    started_at=now,
                    heartbeat_at=seen,
                    slots=2,
                    executors=["local"],
                )
            )
        session.add(
            Attempt(
                id="attempt_1",
                project_id="default",
                job_id=job,
                number=1,
                state="running",
                reason="started",
                executor="local",
                worker_id="w1",
                host_id="h-w1",
                token=1,
                lease_expires_at=now,
                folder="f",
                gpus=["g1"],
                started_at=now,
                progress_at=now,
            )
        )
        for uuid, attempt in (("g1", "attempt_1"), ("g2", None)):
            session.add(
                Gpu(uuid=uuid, host_id="h-w1", name="x", memory_bytes=1, seen_at=now, attempt_id=attempt)
            )
    second, first = client.get("/v1/workers").json()["data"]
    assert (first["alive"], first["running"], first["slots"]) == (True, 1, 2)
    assert [(gpu["uuid"], gpu["busy"]) for gpu in first["gpus"]] == [("g1", True), ("g2", False)]
    assert (second["alive"], second["running"], second["gpus"]) == (False, 0, [])
    assert client.post("/v1/workers/w1/drain").json()["draining"] is True
    assert client.post("/v1/workers/w1/undrain").json()["draining"] is False
    assert client.post("/v1/workers/none/drain").status_code == 404
