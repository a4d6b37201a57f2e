"""Studies: one job for each arm and seed, all or none."""

from __future__ import annotations

from typing import Any

from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Project
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from cooldown_kit.client.states import State
from job_rows import RECIPE, move

ARMS: dict[str, Any] = {"as-it-is": {}, "full": {"train.method": "full", "mix.tokens": "2M"}}
LINE = {"name": "code", "unit": "bits/byte", "before": 1.0, "after": 0.9, "difference": -0.1, "low": -0.2, "high": 0.0, "documents": 7}  # fmt: skip


def make(client: TestClient, **more: Any) -> dict[str, Any]:
    body = {"name": "code-share", "recipe": RECIPE, "arms": ARMS, "seeds": [1, 2], **more}
    answer = client.post("/v1/studies", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_every_cell_is_a_job_with_its_options_and_its_seed(client: TestClient) -> None:
    study = make(client, metadata={"team": "a"})
    assert {(cell["arm"], cell["seed"]) for cell in study["cells"]} == {
        (arm, seed) for arm in ARMS for seed in (1, 2)
    }
    for cell in study["cells"]:
        job = client.get(f"/v1/jobs/{cell['job']}").json()
        assert job["recipe"]["seed"] == cell["seed"]
        assert job["recipe"]["train"]["method"] == ("full" if cell["arm"] == "full" else "lora")
        assert (job["study"], job["arm"], job["metadata"]) == (study["id"], cell["arm"], {"team": "a"})
    assert len(client.get(f"/v1/jobs?study={study['id']}").json()["data"]) == 4


def test_a_study_shows_what_its_jobs_showed(client: TestClient, service: Service) -> None:
    study = make(client)
    job = study["cells"][0]["job"]
    move(service, job, State.SUCCEEDED, result={"evidence": [LINE]})
    cells = {cell["job"]: cell for cell in client.get(f"/v1/studies/{study['id']}").json()["cells"]}
    assert (cells[job]["state"], cells[job]["evidence"][0]["difference"]) == ("succeeded", -0.1)
    listed = client.get("/v1/studies").json()["data"][0]
    assert {cell["job"]: cell["state"] for cell in listed["cells"]}[job] == "succeeded"
    again = client.post(f"/v1/jobs/{job}/rerun").json()["id"]
    cells = {cell["job"] for cell in client.get(f"/v1/studies/{study['id']}").json()["cells"]}
    assert again in cells and job not in cells and len(cells) == 4


def test_cancelling_a_study_cancels_what_has_not_ended(client: TestClient, service: Service) -> None:
    study = make(client)
    move(service, study["cells"][0]["job"], State.SUCCEEDED)
    move(service, study["cells"][1]["job"], State.RUNNING)
    for _ in range(2):
        answer = client.post(f"/v1/studies/{study['id']}/cancel").json()
        states = sorted(cell["state"] for cell in answer["cells"])
        assert states == ["cancelled", "cancelled", "cancelling", "succeeded"]


def test_an_arm_that_is_wrong_refuses_the_whole_study(client: TestClient) -> None:
    for arms in ({"a": {}, "b": {"train.metod": "full"}}, {"a": {"model.x": 1}}, {}, {"a b": {}}):
        body = {"name": "s", "recipe": RECIPE, "arms": arms}
        assert client.post("/v1/studies", json=body).status_code == 422
    assert (
        client.post(
            "/v1/studies", json={"name": "s", "recipe": RECIPE, "arms": {"a": {}}, "seeds": [1, 1]}
        ).status_code
        == 422
    )
    assert client.get("/v1/studies").json()["data"] == []
    assert client.get("/v1/jobs").json()["data"] == []


def test_a_study_that_does_not_fit_the_queue_leaves_nothing(client: TestClient, service: Service) -> None:
    with service.database.write(ALL_PROJECTS) as session:
        session.get_one(Project, "default").max_queued = 3
    body = {"name": "s", "recipe": RECIPE, "arms": ARMS, "seeds": [1, 2]}
    assert client.post("/v1/studies", json=body).status_code == 429
    assert client.get("/v1/studies").json()["data"] == []
    assert client.get("/v1/jobs").json()["data"] == []
