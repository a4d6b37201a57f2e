"""Jobs are submitted once, listed as asked, and do what people ask of them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Artefact, Dataset, Gpu, Idempotency, Job, Project
from cooldown_api.service import Service
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select

from cooldown_kit.client.states import State
from job_rows import RECIPE, add_checkpoint, add_dataset, add_job, move


def submit(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/jobs", json={"recipe": RECIPE, **body})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_submitted_job_is_queued_and_says_everything(client: TestClient) -> None:
    job = submit(client, metadata={"team": "search"}, priority=70)
    assert (job["state"], job["reason"], job["kind"], job["name"]) == ("queued", "submitted", "run", "small")
    assert (job["priority"], job["metadata"], job["created_by"]) == (70, {"team": "search"}, "local")
    found = client.get(f"/v1/jobs/{job['id']}").json()
    assert found["recipe"]["train"]["schedule"] == "linear"
    assert "workspace" not in found["recipe"]
    assert found["attempts"] == []


def test_where_a_submitted_job_is_stands_in_the_answer(client: TestClient) -> None:
    answer = client.post("/v1/jobs", json={"recipe": RECIPE})
    assert client.get(answer.headers["location"]).json()["id"] == answer.json()["id"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"recipe": RECIPE, "plan": "plan_1"},
        {"recipe": RECIPE, "priority": 101},
        {"recipe": RECIPE, "metadata": {f"k{number}": "v" for number in range(17)}},
        {"recipe": RECIPE, "metadata": {"k": "v" * 513}},
        {"recipe": RECIPE, "unknown": 1},
        {"recipe": RECIPE, "max_duration_seconds": 366 * 86400},
        {"recipe": RECIPE, "gpus": "all"},
        {"recipe": {**RECIPE, "dataset": "/data/x"}, "dataset": "billing"},
    ],
    ids=range(9),
)
def test_a_request_that_means_nothing_is_refused(client: TestClient, service: Service, body: Any) -> None:
    add_dataset(service)
    answer = client.post("/v1/jobs", json=body)
    assert answer.status_code == 422, answer.text
    assert client.get("/v1/jobs?kind=run").json()["data"] == []


def test_auto_is_one_gpu_where_there_is_any(client: TestClient, service: Service) -> None:
    assert submit(client)["gpus"] == 0
    with service.database.write(ALL_PROJECTS) as session:
        session.add(Gpu(uuid="GPU-1", host_id="h", name="g", memory_bytes=1, seen_at=datetime.now(UTC)))
    assert submit(client)["gpus"] == 1
    assert submit(client, gpus=0)["gpus"] == 0


def test_a_job_from_a_dataset_needs_no_sources_and_pins_its_folder(
    client: TestClient, service: Service
) -> None:
    reference = add_dataset(service)
    add_dataset(service, ready=False)
    recipe = {key: value for key, value in RECIPE.items() if key != "sources"}
    for asked in (reference, "billing"):  # without a version: the newest that is ready
        job = submit(client, recipe=recipe, dataset=asked)
        assert job["dataset"] == reference
        stored = client.get(f"/v1/jobs/{job['id']}").json()["recipe"]
        assert stored["dataset"].endswith("/datasets/billing/v1")


def test_a_dataset_that_is_not_ready_or_not_there_is_refused(client: TestClient, service: Service) -> None:
    reference = add_dataset(service, ready=False)
    body = {"recipe": RECIPE, "dataset": reference}
    assert client.post("/v1/jobs", json=body).json()["code"] == "conflict"
    assert client.post("/v1/jobs", json={**body, "dataset": "nothing@v1"}).status_code == 404


# ---------------------------------------------------------------- plans

PLANNED = {
    "train": {"learning_rate": 2e-4, "micro_batch": 4, "method": "lora"},
    "seconds": 60.0,
    "dataset": "/kept/plan",
    "findings": [],
}


def test_a_job_from_a_plan_runs_what_was_shown(client: TestClient, service: Service) -> None:
    plan = client.post("/v1/plans", json={"recipe": RECIPE, "priority": 80, "metadata": {"a": "b"}}).json()
    assert client.post("/v1/jobs", json={"plan": plan["id"]}).json()["code"] == "conflict"
    move(service, plan["id"], State.SUCCEEDED, result={"plan": PLANNED})
    job = client.post("/v1/jobs", json={"plan": plan["id"]})
    assert job.status_code == 201, job.text
    found = client.get(f"/v1/jobs/{job.json()['id']}").json()
    assert found["recipe"]["train"]["learning_rate"] == 2e-4
    assert found["recipe"]["train"]["micro_batch"] == 4
    assert found["recipe"]["dataset"] == "/kept/plan"
    assert (found["plan"], found["priority"], found["metadata"]) == (plan["id"], 80, {"a": "b"})
    assert client.post("/v1/jobs", json={"plan": plan["id"], "priority": 5}).json()["priority"] == 5
    assert client.post("/v1/jobs", json={"plan": plan["id"], "dataset": "x"}).status_code == 422
    assert client.post("/v1/jobs", json={"plan": job.json()["id"]}).status_code == 404


def test_a_plan_that_found_an_error_is_not_run(client: TestClient, service: Service) -> None:
    plan = add_job(service, kind="plan")
    finding = {"level": "error", "text": "too little memory"}
    move(service, plan, State.SUCCEEDED, result={"plan": {**PLANNED, "findings": [finding]}})
    answer = client.post("/v1/jobs", json={"plan": plan})
    assert answer.status_code == 409
    assert "too little memory" in answer.json()["detail"]


def test_plans_are_listed_by_themselves(client: TestClient) -> None:
    plan = client.post("/v1/plans", json={"recipe": RECIPE})
    assert plan.status_code == 202
    job = submit(client)
    assert [one["id"] for one in client.get("/v1/plans").json()["data"]] == [plan.json()["id"]]
    assert [one["id"] for one in client.get("/v1/jobs").json()["data"]] == [job["id"]]
    assert client.get(f"/v1/plans/{job['id']}").status_code == 404
    assert client.get(f"/v1/jobs/{plan.json()['id']}").status_code == 200
    assert client.post(f"/v1/plans/{plan.json()['id']}/cancel").json()["state"] == "cancelled"


@pytest.mark.parametrize("kind", ["plans", "jobs"])
def test_waiting_ends_when_the_job_does(client: TestClient, service: Service, kind: str) -> None:
    id = add_job(service, kind=kind.removesuffix("s").replace("job", "run"))
    threading.Timer(0.3, move, (service, id, State.SUCCEEDED)).start()
    assert client.get(f"/v1/{kind}/{id}?wait=60").json()["state"] == "succeeded"


def test_waiting_ends_with_its_time(client: TestClient, service: Service) -> None:
    id = add_job(service)
    assert client.get(f"/v1/jobs/{id}?wait=0.2").json()["state"] == "queued"
    assert client.get(f"/v1/jobs/{id}?wait=61").status_code == 422


# ---------------------------------------------------------------- lists


def test_pages_are_stable_while_jobs_are_submitted(client: TestClient, service: Service) -> None:
    ids = [add_job(service) for _ in range(7)]
    seen: list[str] = []
    after = ""
    while True:
        page = client.get(f"/v1/jobs?limit=3{after}").json()
        seen += [job["id"] for job in page["data"]]
        add_job(service)
        if not page["has_more"]:
            break
        after = f"&after={page['last_id']}"
    assert seen == sorted(ids, reverse=True)


def test_pages_go_the_other_way_too(client: TestClient, service: Service) -> None:
    ids = sorted(add_job(service) for _ in range(4))
    first = client.get("/v1/jobs?limit=3&order=asc").json()
    assert [job["id"] for job in first["data"]] == ids[:3]
    assert (first["first_id"], first["last_id"], first["has_more"]) == (ids[0], ids[2], True)
    rest = client.get(f"/v1/jobs?limit=3&order=asc&after={ids[2]}").json()
    assert ([job["id"] for job in rest["data"]], rest["has_more"]) == (ids[3:], False)


def test_a_list_holds_what_was_asked_for(client: TestClient, service: Service) -> None:
    odd = "a\"b]'%"
    one = add_job(service, labels={"team": "search", odd: "x"}, name="one", created_by="key:1")
    two = add_job(service, labels={"team": "ads"}, name="two")
    move(service, two, State.SUCCEEDED)

    def ids(**query: Any) -> list[str]:
        answer = client.get("/v1/jobs", params=query)
        assert answer.status_code == 200, answer.text
        return [job["id"] for job in answer.json()["data"]]

    assert ids(state="queued") == [one]
    assert ids(state=["queued", "succeeded"]) == [two, one]
    assert ids(name="two") == [two]
    assert ids(created_by="key:1") == [one]
    assert ids(**{"metadata[team]": "search"}) == [one]
    assert ids(**{"metadata[team]": "ads", "metadata[other]": "x"}) == []
    assert ids(**{f"metadata[{odd}]": "x"}) == [one]
    assert ids(study="study_1") == []
    assert ids(kind="plan") == []


@pytest.mark.parametrize(
    "query", ["state=gone", "metadata=x", "metadata[a=x", "limit=0", "limit=101", "after=%00", "order=up"]
)
def test_a_list_that_cannot_be_asked_for_is_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/jobs?{query}").status_code == 422


# ---------------------------------------------------------------- actions


def test_what_waits_is_cancelled_paused_and_resumed_at_once(client: TestClient, service: Service) -> None:
    id = add_job(service)
    for action, state in (
        ("pause", "paused"),
        ("pause", "paused"),
        ("resume", "queued"),
        ("resume", "queued"),
        ("cancel", "cancelled"),
        ("cancel", "cancelled"),
    ):
        answer = client.post(f"/v1/jobs/{id}/{action}")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    refused = client.post(f"/v1/jobs/{id}/pause")
    assert refused.status_code == 409
    assert refused.headers["x-should-retry"] == "false"


def test_what_runs_is_asked_to_stop(client: TestClient, service: Service) -> None:
    id = add_job(service)
    move(service, id, State.RUNNING)
    assert client.post(f"/v1/jobs/{id}/pause").json()["state"] == "pausing"
    assert client.post(f"/v1/jobs/{id}/resume").json()["wanted"] == "run"
    assert client.post(f"/v1/jobs/{id}/cancel").json()["state"] == "cancelling"
    assert client.get(f"/v1/jobs/{id}").json()["attempts"][0]["number"] == 1


def test_an_ended_job_is_run_again_as_another(client: TestClient, service: Service) -> None:
    id = add_job(service, labels={"a": "b"}, priority=60, max_duration_seconds=100)
    assert client.post(f"/v1/jobs/{id}/rerun").status_code == 409
    move(service, id, State.FAILED)
    plain = client.post(f"/v1/jobs/{id}/rerun")
    assert plain.status_code == 201, plain.text
    assert (plain.json()["rerun_of"], plain.json()["state"], plain.json()["priority"]) == (id, "queued", 60)
    assert plain.json()["metadata"] == {"a": "b"}
    changed = client.post(
        f"/v1/jobs/{id}/rerun", json={"priority": 90, "gpus": 2, "max_duration_seconds": 200}
    ).json()
    assert (changed["priority"], changed["gpus"], changed["max_duration_seconds"]) == (90, 2, 200)
    recipes = [client.get(f"/v1/jobs/{one}").json()["recipe"] for one in (id, changed["id"])]
    assert recipes[0] == recipes[1]
    assert client.post(f"/v1/jobs/{id}/rerun", json={"name": "x"}).status_code == 422


def test_checkpoints_are_listed_newest_first(client: TestClient, service: Service) -> None:
    id = add_job(service)
    checkpoints = []
    for step in (10, 20):
        checkpoints.append(add_checkpoint(service, id, step))
        time.sleep(0.002)
    found = client.get(f"/v1/jobs/{id}/checkpoints").json()["data"]
    assert [one["id"] for one in found] == checkpoints[::-1]
    assert found[0]["metrics"] == {"loss": 2.5}


def test_the_end_of_what_runs_is_estimated(client: TestClient, service: Service) -> None:
    id = add_job(service)
    move(service, id, State.RUNNING)
    with service.database.write(ALL_PROJECTS) as session:
        job = session.get_one(Job, id)
        job.progress = {"stage": "train", "seconds_left": 120.0}
        job.updated_at = datetime(2026, 1, 1, tzinfo=UTC)
    found = client.get(f"/v1/jobs/{id}").json()
    assert datetime.fromisoformat(found["estimated_finish_at"]) == datetime(2026, 1, 1, 0, 2, tzinfo=UTC)
    assert client.get("/v1/jobs").json()["data"][0]["estimated_finish_at"] is not None


def test_lineage_leads_from_the_sources_to_the_job(client: TestClient, service: Service) -> None:
    job = submit(client)
    found = client.get(f"/v1/jobs/{job['id']}/lineage").json()
    assert {node["kind"] for node in found["nodes"]} == {"source", "documents", "base_model", "job"}
    edges = {(edge["source"], edge["target"]) for edge in found["edges"]}
    assert edges == {("source:code", "documents"), ("documents", "job"), ("base_model", "job")}
    reference = add_dataset(service)
    job = submit(client, dataset=reference)
    found = client.get(f"/v1/jobs/{job['id']}/lineage").json()
    assert reference in {node["name"] for node in found["nodes"] if node["kind"] == "dataset"}


def test_lineage_is_what_the_job_told_once_it_did(client: TestClient, service: Service) -> None:
    id = add_job(service)
    told = {
        "nodes": [
            {"id": "source:code", "kind": "source", "name": "code", "digest": "h", "detail": {"tip": "abc"}},
            {"id": "job", "kind": "job", "name": id, "digest": None, "detail": {}},
        ],
        "edges": [{"source": "source:code", "target": "job"}],
    }
    move(service, id, State.SUCCEEDED, result={"lineage": told})
    found = client.get(f"/v1/jobs/{id}/lineage").json()
    nodes = {node["id"]: node for node in found["nodes"]}
    assert (nodes["source:code"]["digest"], nodes["source:code"]["detail"]["tip"]) == ("h", "abc")
    assert nodes["job"]["detail"]["state"] == "succeeded"
    assert found["edges"] == told["edges"]


# ---------------------------------------------------------------- idempotency


def test_the_same_key_and_body_are_done_once_and_answered_twice(client: TestClient) -> None:
    for path, body in (
        ("/v1/jobs", {"recipe": RECIPE}),
        ("/v1/plans", {"recipe": RECIPE}),
        ("/v1/datasets", {"name": "d", "recipe": RECIPE}),
        ("/v1/studies", {"name": "s", "recipe": RECIPE, "arms": {"a": {}}}),
    ):
        headers = {"Idempotency-Key": "one"}
        first = client.post(path, json=body, headers=headers)
        again = client.post(path, json=body, headers=headers)
        assert first.status_code in (201, 202), first.text
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["idempotent-replayed"] == "true"
        assert "idempotent-replayed" not in first.headers
    assert len(client.get("/v1/jobs?kind=run").json()["data"]) == 2  # one is the study's
    assert len(client.get("/v1/plans").json()["data"]) == 1
    assert len(client.get("/v1/datasets").json()["data"]) == 1
    assert len(client.get("/v1/studies").json()["data"]) == 1


def test_the_same_key_with_another_body_is_refused(client: TestClient) -> None:
    headers = {"Idempotency-Key": "one"}
    client.post("/v1/jobs", json={"recipe": RECIPE}, headers=headers)
    answer = client.post("/v1/jobs", json={"recipe": RECIPE, "priority": 51}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-mismatch")


def test_a_rerun_is_done_once_for_a_key(client: TestClient, service: Service) -> None:
    id = add_job(service)
    move(service, id, State.FAILED)
    answers = [
        client.post(f"/v1/jobs/{id}/rerun", headers={"Idempotency-Key": "k"}).json()["id"] for _ in range(3)
    ]
    assert len(set(answers)) == 1


def test_a_request_that_failed_may_be_tried_again_with_its_key(client: TestClient, service: Service) -> None:
    with service.database.write(ALL_PROJECTS) as session:
        session.get_one(Project, "default").max_queued = 0
    headers = {"Idempotency-Key": "one"}
    full = client.post("/v1/jobs", json={"recipe": RECIPE}, headers=headers)
    assert (full.status_code, full.json()["code"], full.headers["x-should-retry"]) == (
        429,
        "queue-full",
        "true",
    )
    with service.database.write(ALL_PROJECTS) as session:
        session.get_one(Project, "default").max_queued = None
    assert client.post("/v1/jobs", json={"recipe": RECIPE}, headers=headers).status_code == 201


def test_what_was_done_is_answered_again_though_it_would_be_refused_now(
    client: TestClient, service: Service
) -> None:
    reference = add_dataset(service)
    headers = {"Idempotency-Key": "one"}
    body = {"recipe": RECIPE, "dataset": reference}
    first = client.post("/v1/jobs", json=body, headers=headers)
    assert first.status_code == 201, first.text
    move(service, first.json()["id"], State.CANCELLED)
    assert client.delete(f"/v1/datasets/{reference}").status_code == 200
    with service.database.write(ALL_PROJECTS) as session:
        session.get_one(Project, "default").max_queued = 0
    again = client.post("/v1/jobs", json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert client.post("/v1/jobs", json=body, headers={"Idempotency-Key": "two"}).status_code == 404
    plain = {"recipe": RECIPE}
    assert client.post("/v1/jobs", json=plain, headers={"Idempotency-Key": "two"}).status_code == 429


def test_a_submission_asks_little_of_the_database(client: TestClient, service: Service) -> None:
    """Submitting is what a service does most, and each statement costs it as much as all of HTTP."""
    client.post("/v1/jobs", json={"recipe": RECIPE})
    statements: list[str] = []
    transactions: list[Any] = []
    event.listen(service.database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    event.listen(service.database.engine, "begin", transactions.append)
    client.post("/v1/jobs", json={"recipe": RECIPE}, headers={"Idempotency-Key": "one"})
    asked = [" ".join(text.split()[:3]).lower() for text in statements if not text.startswith("BEGIN")]
    written = ["audit", "events", "idempotency", "jobs", "usage"]
    assert sorted(asked) == [
        *(f"insert into {table}" for table in written),
        "select projects.id, projects.name,",
    ]
    assert len(transactions) == 1


def test_a_key_is_forgotten_in_time(client: TestClient, service: Service) -> None:
    headers = {"Idempotency-Key": "one"}
    first = client.post("/v1/jobs", json={"recipe": RECIPE}, headers=headers).json()
    with service.database.write(ALL_PROJECTS) as session:
        for row in session.scalars(select(Idempotency)):
            row.created_at -= timedelta(hours=25)
    second = client.post("/v1/jobs", json={"recipe": RECIPE}, headers=headers).json()
    assert second["id"] != first["id"]
    with service.database.read(ALL_PROJECTS) as session:
        assert session.scalar(select(func.count()).select_from(Idempotency)) == 1


@pytest.mark.parametrize("key", ["", "x" * 257, "with space", "gr\u00fcn"])
def test_a_key_is_visible_ascii(client: TestClient, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    assert client.post("/v1/jobs", json={"recipe": RECIPE}, headers=headers).status_code == 422


def test_concurrent_duplicates_wait_and_get_the_same_answer(client: TestClient, service: Service) -> None:
    def send(number: int) -> str:
        answer = client.post(
            "/v1/jobs", json={"recipe": RECIPE}, headers={"Idempotency-Key": f"k{number % 3}"}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(send, range(24)))
    assert len(set(ids)) == 3
    assert len(client.get("/v1/jobs").json()["data"]) == 3


def test_a_quota_refuses_what_it_does_not_hold(client: TestClient, service: Service) -> None:
    with service.database.write(ALL_PROJECTS) as session:
        session.get_one(Project, "default").job_hours_per_month = 1
    assert submit(client, max_duration_seconds=3000)["state"] == "queued"
    answer = client.post("/v1/jobs", json={"recipe": RECIPE, "max_duration_seconds": 3000})
    assert (answer.status_code, answer.json()["code"]) == (403, "quota-exceeded")


def test_a_project_that_keeps_too_much_takes_no_more_jobs(client: TestClient, service: Service) -> None:
    done = submit(client)["id"]
    with service.database.write(ALL_PROJECTS) as session:
        session.get_one(Project, "default").storage_bytes = 1000
        session.add(
            Artefact(
                project_id="default",
                job_id=done,
                name="model/model.safetensors",
                bytes=1001,
                sha256="0" * 64,
                media_type="application/octet-stream",
                created_at=datetime.now(UTC),
            )
        )
    answer = client.post("/v1/jobs", json={"recipe": RECIPE})
    assert (answer.status_code, answer.json()["code"]) == (403, "quota-exceeded")


def test_a_rerun_whose_dataset_was_deleted_is_refused(client: TestClient, service: Service) -> None:
    reference = add_dataset(service)
    job = submit(client, dataset=reference)["id"]
    assert client.delete(f"/v1/datasets/{reference}").status_code == 409
    client.post(f"/v1/jobs/{job}/cancel")
    with service.database.read(ALL_PROJECTS) as session:
        assert session.scalar(select(Dataset.deleted_at)) is None
    assert client.delete(f"/v1/datasets/{reference}").status_code == 200
    assert client.post(f"/v1/jobs/{job}/rerun").status_code == 409
