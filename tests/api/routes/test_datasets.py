"""Datasets: every making is a version of its own, and none goes while it is used."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Dataset
from cooldown_api.service import Service
from fastapi.testclient import TestClient
from sqlalchemy import select

from cooldown_kit.client.states import State
from job_rows import RECIPE, add_dataset, move


def make(client: TestClient, name: str = "billing") -> dict[str, Any]:
    answer = client.post("/v1/datasets", json={"name": name, "recipe": RECIPE})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def test_each_making_is_one_more_version_with_a_job(client: TestClient, service: Service) -> None:
    first, second = make(client), make(client)
    assert [first["reference"], second["reference"]] == ["billing@v1", "billing@v2"]
    assert first["state"] == "building"
    job = client.get(f"/v1/jobs/{first['job']}").json()
    assert (job["kind"], job["state"]) == ("dataset", "queued")
    move(service, first["job"], State.SUCCEEDED)
    move(service, second["job"], State.FAILED)
    states = [one["state"] for one in client.get("/v1/datasets").json()["data"]]
    assert states == ["failed", "ready"]


def test_versions_that_are_asked_for_at_once_are_numbered_one_by_one(client: TestClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: make(client)["reference"], range(16)))
    assert sorted(made, key=lambda text: int(text.rpartition("v")[2])) == [
        f"billing@v{number}" for number in range(1, 17)
    ]


def test_a_name_means_its_newest_version_that_is_ready(client: TestClient, service: Service) -> None:
    first = make(client)
    make(client)
    assert client.get("/v1/datasets/billing").json()["version"] == 2
    move(service, first["job"], State.SUCCEEDED)
    assert client.get("/v1/datasets/billing").json()["version"] == 1
    assert client.get("/v1/datasets/billing@v2").json()["version"] == 2


def test_versions_are_listed_newest_first(client: TestClient) -> None:
    make(client)
    make(client, "other")
    make(client)
    versions = client.get("/v1/datasets/billing/versions").json()
    assert [one["version"] for one in versions["data"]] == [2, 1]
    assert [one["name"] for one in client.get("/v1/datasets?name=other").json()["data"]] == ["other"]
    assert client.get("/v1/datasets/nothing/versions").status_code == 404
    assert client.get("/v1/datasets/billing@v3").status_code == 404


def test_a_deleted_version_is_gone_and_its_number_is_not_given_again(
    client: TestClient, service: Service
) -> None:
    reference = add_dataset(service)
    with service.database.read(ALL_PROJECTS) as session:
        folder = Path(str(session.scalar(select(Dataset.folder))))
    (folder / "documents.parquet").write_bytes(b"x")
    assert client.delete("/v1/datasets/billing").status_code == 422
    answer = client.delete(f"/v1/datasets/{reference}")
    assert answer.json()["deleted"] is True
    assert not folder.exists()
    assert client.get(f"/v1/datasets/{reference}").status_code == 404
    assert client.delete(f"/v1/datasets/{reference}").status_code == 404
    assert client.get("/v1/datasets").json()["data"] == []
    assert make(client)["reference"] == "billing@v2"


def test_a_version_that_is_being_made_or_used_stays(client: TestClient, service: Service) -> None:
    building = add_dataset(service, ready=False)
    assert client.delete(f"/v1/datasets/{building}").status_code == 409
    used = add_dataset(service)
    job = client.post("/v1/jobs", json={"recipe": RECIPE, "dataset": used}).json()["id"]
    refused = client.delete(f"/v1/datasets/{used}")
    assert refused.status_code == 409
    assert job in refused.json()["detail"]
    client.post(f"/v1/jobs/{job}/cancel")
    assert client.delete(f"/v1/datasets/{used}").status_code == 200
