"""Every request that changes something leaves a line in the audit log; a new route that is not tried here fails the test."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Artefact, AuditEntry, Worker
from cooldown_api.service import Service
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from cooldown_kit.client.states import State
from job_rows import RECIPE, add_dataset, add_job, move

CHANGES_NOTHING = {
    ("POST", "/v1/recipes/check"),
    ("POST", "/v1/uploads/{id}/parts"),  # bytes of an upload: its beginning and its end are told
    ("POST", "/v1/fine_tuning/checkpoints/{checkpoint}/permissions"),  # not offered
    ("DELETE", "/v1/fine_tuning/checkpoints/{checkpoint}/permissions/{permission}"),
}
CHATS = b"".join(
    json.dumps(
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": f"b{number}"}]}
    ).encode()
    + b"\n"
    for number in range(20)
)


class Log:
    """Asks, and looks for the line."""

    def __init__(self, client: TestClient, service: Service) -> None:
        self.client, self.service = client, service
        self.tried: set[tuple[str, str]] = set()

    def lines(self) -> list[AuditEntry]:
        with self.service.database.read(ALL_PROJECTS) as session:
            return list(session.scalars(select(AuditEntry).order_by(AuditEntry.time, AuditEntry.id)))

    def __call__(self, method: str, template: str, *, audited: bool = True, **more: Any) -> dict[str, Any]:
        path = template.format(**{name[3:]: more.pop(name) for name in list(more) if name.startswith("in_")})
        before = len(self.lines())
        answer = self.client.request(method, path, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        lines = self.lines()
        if audited:
            assert len(lines) > before, f"{method} {template} left no line"
            assert lines[-1].request_id == answer.headers["x-request-id"]
            assert (lines[-1].actor, lines[-1].ip) == ("local", "testclient")
        self.tried.add((method, template))
        return dict(answer.json())


def test_every_change_is_in_the_log(client: TestClient, service: Service) -> None:
    log = Log(client, service)
    _administration(log, service)
    _webhooks(log)
    _jobs(log, service)
    _files(log)
    _facade(log, service)
    offered = {
        (method.upper(), path)
        for path, operations in client.get("/openapi.json").json()["paths"].items()
        for method in operations
        if method not in ("get", "head", "options")
    }
    assert offered - log.tried - CHANGES_NOTHING == set()
    assert "secret" not in str([line.detail for line in log.lines()])


def _administration(log: Log, service: Service) -> None:
    key = log("POST", "/v1/keys", json={"name": "a"})
    log("DELETE", "/v1/keys/{id}", in_id=key["id"])
    log("POST", "/v1/projects", json={"id": "new", "max_running": 2})
    log("PATCH", "/v1/projects/{id}", in_id="new", json={"max_running": None})
    log("DELETE", "/v1/projects/{id}", in_id="new")
    with service.database.write(ALL_PROJECTS) as session:
        now = datetime.now(UTC)
        session.add(
            Worker(
                id="w1",
                host_id="h",
                hostname="h",
                version="0",
                started_at=now,
                heartbeat_at=now,
                slots=1,
                executors=["local"],
            )
        )
    log("POST", "/v1/workers/{id}/drain", in_id="w1")
    log("POST", "/v1/workers/{id}/undrain", in_id="w1")


def _webhooks(log: Log) -> None:
    hook = log("POST", "/v1/webhooks", json={"name": "a", "url": "https://hooks.example.com/secret-path"})[
        "id"
    ]
    log("PATCH", "/v1/webhooks/{id}", in_id=hook, json={"name": "b"})
    log("POST", "/v1/webhooks/{id}/rotate-secret", in_id=hook)
    sent = log("POST", "/v1/webhooks/{id}/test", in_id=hook)["id"]
    log("POST", "/v1/webhooks/{id}/deliveries/{delivery}/redeliver", in_id=hook, in_delivery=sent)
    log("DELETE", "/v1/webhooks/{id}", in_id=hook)


def _jobs(log: Log, service: Service) -> None:
    job = log("POST", "/v1/jobs", json={"recipe": RECIPE})["id"]
    log("POST", "/v1/jobs/{id}/pause", in_id=job)
    log("POST", "/v1/jobs/{id}/resume", in_id=job)
    log("POST", "/v1/jobs/{id}/cancel", in_id=job)
    log("POST", "/v1/jobs/{id}/rerun", in_id=job, json={})
    plan = log("POST", "/v1/plans", json={"recipe": RECIPE})["id"]
    log("POST", "/v1/plans/{id}/cancel", in_id=plan)
    log("POST", "/v1/datasets", json={"name": "d", "recipe": RECIPE})
    add_dataset(service)
    log("DELETE", "/v1/datasets/{reference}", in_reference="billing@v1")
    study = log("POST", "/v1/studies", json={"name": "s", "recipe": RECIPE, "arms": {"a": {}}})["id"]
    log("POST", "/v1/studies/{id}/cancel", in_id=study)


def _files(log: Log) -> None:
    file = log("POST", "/v1/files", files={"file": ("a.jsonl", CHATS)}, data={"purpose": "fine-tune"})["id"]
    log("DELETE", "/v1/files/{id}", in_id=file)
    new = {
        "bytes": len(CHATS),
        "filename": "a.jsonl",
        "mime_type": "application/jsonl",
        "purpose": "fine-tune",
    }
    upload = log("POST", "/v1/uploads", json=new)["id"]
    part = log("POST", "/v1/uploads/{id}/parts", in_id=upload, files={"data": CHATS}, audited=False)["id"]
    log("POST", "/v1/uploads/{id}/complete", in_id=upload, json={"part_ids": [part]})
    log("POST", "/v1/uploads/{id}/cancel", in_id=log("POST", "/v1/uploads", json=new)["id"])


def _facade(log: Log, service: Service) -> None:
    file = log("POST", "/v1/files", files={"file": ("a.jsonl", CHATS)}, data={"purpose": "fine-tune"})["id"]
    new = {"model": RECIPE["model"], "training_file": file}
    job = log("POST", "/v1/fine_tuning/jobs", json=new)["id"]
    for action in ("pause", "resume", "cancel"):
        log("POST", f"/v1/fine_tuning/jobs/{{id}}/{action}", in_id=job)
    done = add_job(service)
    move(service, done, State.SUCCEEDED, result={"run": "r", "model": True})
    with service.database.write(ALL_PROJECTS) as session:
        weights = {"bytes": 1, "sha256": "0" * 64, "media_type": "x/y", "created_at": datetime.now(UTC)}
        name = "model/model.safetensors"
        session.add(Artefact(project_id="default", job_id=done, name=name, **weights))
    models = log.client.get("/v1/models").json()["data"]
    log("DELETE", "/v1/models/{model}", in_model=next(m["id"] for m in models if m["id"].startswith("ft:")))


def test_what_was_refused_leaves_no_line(client: TestClient, service: Service) -> None:
    client.post("/v1/keys", json={"name": ""})
    client.delete("/v1/keys/key_1")
    client.post("/v1/webhooks", json={"name": "a", "url": "https://10.0.0.1/"})
    client.post("/v1/jobs", json={"recipe": {}})
    with service.database.read(ALL_PROJECTS) as session:
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0
