"""No route gives anything of another project, or changes it. Every route of the application is tried: one that is new must be added here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.app import create_app
from cooldown_api.auth.keys import create_key
from cooldown_api.database.ids import new_id
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import (
    Checkpoint,
    Delivery,
    Job,
    Project,
    StoredFile,
    Study,
    Upload,
    Webhook,
    Worker,
)
from cooldown_api.openai.names import checkpoint_name, model_name
from cooldown_api.service import Service
from cooldown_api.settings import Settings
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient

from cooldown_kit.client.states import State
from job_rows import (
    RECIPE,
    add_artefact,
    add_checkpoint,
    add_dataset,
    add_events,
    add_job,
    add_lines,
    dump,
    move,
)

_OPEN = {"/openapi.json", "/v1/health", "/v1/ready", "/static/{name}", "/sign-in", "/sign-out", "/metrics"}
"""Routes that know no project."""


@dataclass(frozen=True)
class Caller:
    """Asks with a key of one project."""

    client: TestClient
    headers: dict[str, str]

    def request(self, method: str, url: str, **more: Any) -> Any:
        return self.client.request(method, url, headers={**self.headers, **more.pop("headers", {})}, **more)

    def get(self, url: str, **more: Any) -> Any:
        return self.request("GET", url, **more)

    def post(self, url: str, **more: Any) -> Any:
        return self.request("POST", url, **more)


@dataclass(frozen=True)
class Two:
    """A service with two projects: `alpha` has one of everything, `beta` nothing."""

    service: Service
    client: TestClient
    alpha: Caller
    beta: Caller
    things: dict[str, str]
    """Path parameters, and by which start of a path: ``/v1/jobs {id}``."""


@pytest.fixture
def two(make_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Two]:
    service = Service.open(make_settings(auth="required"))
    keys = {}
    with service.database.write(ALL_PROJECTS) as session:
        now = datetime.now(UTC)
        for name in ("alpha", "beta"):
            session.add(Project(id=name, name=name, weight=1.0, created_at=now))
            session.flush()
            new = create_key(session, project=name, name="k", role="admin", created_by="test", now=now)
            keys[name] = (new.secret, new.row.id)
    things = fill(service, keys["alpha"][1], tmp_path)
    app = create_app(service.settings, service)
    with TestClient(app, follow_redirects=False) as client:
        alpha, beta = (Caller(client, headers(keys[name][0])) for name in ("alpha", "beta"))
        yield Two(service, client, alpha, beta, things)
    service.close()


def headers(secret: str) -> dict[str, str]:
    """Of a caller whose requests count as sent by our own pages too."""
    return {
        "authorization": f"Bearer {secret}",
        "origin": "http://testserver",
        "sec-fetch-site": "same-origin",
    }


def fill(service: Service, key: str, folder: Path) -> dict[str, str]:
    """One of everything for alpha."""
    plan = add_job(service, "alpha", kind="plan", name="alphas-plan")
    job = add_job(service, "alpha", name="alphas-job", labels={"of": "alphas-label"})
    add_events(service, job, 3)
    add_lines(service, job, ["alphas-line"])
    for name in ("report.html", "model/config.json"):
        add_artefact(service, job, name, b"alphas-bytes", folder)
    checkpoint = add_checkpoint(service, job, 10)
    move(service, job, State.SUCCEEDED, result={"model": True})
    reference = add_dataset(service, "alphas-data", "alpha")
    now = datetime.now(UTC)
    ids = {name: new_id(name) for name in ("study", "hook", "evt")}
    with service.database.write(ALL_PROJECTS) as session:
        session.add(Study(id=ids["study"], project_id="alpha", name="alphas-study", recipe=RECIPE, arms={}, seeds=[], created_by="x", created_at=now))  # fmt: skip
        session.add(Webhook(id=ids["hook"], project_id="alpha", name="alphas-hook", url="https://hook.example.com/", event_types=["job.*"], secret="x", created_by="x", created_at=now))  # fmt: skip
        session.flush()
        session.add(Delivery(id=ids["evt"], project_id="alpha", webhook_id=ids["hook"], type="job.failed", body={}, state="failed", tries=1, next_at=now, created_at=now))  # fmt: skip
        file, upload = "file-" + new_id("x")[2:], "upload_" + new_id("x")[2:]
        session.add(StoredFile(id=file, project_id="alpha", filename="alphas-file", purpose="fine-tune", bytes=1, sha256="0", status="processed", facts={}, created_at=now))  # fmt: skip
        session.add(Upload(id=upload, project_id="alpha", filename="alphas-upload", purpose="fine-tune", mime_type="text/plain", bytes=1, status="pending", created_at=now, expires_at=now))  # fmt: skip
        session.add(Worker(id="worker_1", host_id="h", hostname="h", version="1", started_at=now, heartbeat_at=now, slots=1, executors=[]))  # fmt: skip
        model = model_name(session.get_one(Job, job), service.settings)
        assert session.get(Checkpoint, checkpoint) is not None
    return {
        "/v1/plans {id}": plan,
        "/v1/jobs {id}": job,
        "/jobs {id}": job,
        "{name:path}": "model/config.json",
        "/v1/datasets {reference}": reference,
        "/v1/datasets {name}": "alphas-data",
        "/datasets {reference}": reference,
        "/v1/studies {id}": ids["study"],
        "/studies {id}": ids["study"],
        "/v1/keys {id}": key,
        "/keys {id}": key,
        "/v1/webhooks {id}": ids["hook"],
        "/webhooks {id}": ids["hook"],
        "{delivery}": ids["evt"],
        "/v1/projects {id}": "alpha",
        "/v1/workers {id}": "worker_1",
        "/machines {id}": "worker_1",
        "/v1/files {id}": file,
        "/v1/uploads {id}": upload,
        "/v1/fine_tuning/jobs {id}": "ftjob-" + job.partition("_")[2],
        "{checkpoint:path}": checkpoint_name(checkpoint),
        "{permission}": "cp_none",
        "{model:path}": model,
    }


def routes(app: Any) -> Iterator[tuple[str, str]]:
    for route in iter_route_contexts(app.routes):
        for method in sorted(route.methods or ()):
            if route.path not in _OPEN:
                yield method, str(route.path)


def filled(path: str, things: dict[str, str]) -> str:
    """The path with alpha's ids. A parameter that nobody has said how to fill is an error of this test."""

    def value(match: re.Match[str]) -> str:
        start = path[: match.start() - 1]
        for key in (f"{start} {match[0]}", match[0]):
            if key in things:
                return things[key]
        raise AssertionError(
            f"say in this test how to fill {match[0]} of {path}: ids of other projects are tried"
        )

    return re.sub(r"\{[^}]+\}", value, path)


BODIES = {"/v1/webhooks/{id}": {"name": "changed"}, "/v1/uploads/{id}/complete": {"part_ids": ["part_1"]}, "/v1/projects/{id}": {"name": "changed"}}  # fmt: skip


def test_nothing_of_another_project_is_given_or_changed(two: Two) -> None:
    before = dump(two.service, "alpha")
    names = re.compile("alphas-")
    for method, path in routes(two.client.app):
        if "{" not in path:
            continue
        url = filled(path, two.things)
        body = (
            {"json": BODIES.get(path, {})} if method in ("POST", "PATCH") and path.startswith("/v1") else {}
        )
        if path.endswith("/enable"):
            body = {"data": {"enabled": "false"}}
        if path.endswith("/parts"):
            body = {"files": {"data": b"x"}}
        answer = two.beta.request(method, url, **body)
        assert answer.status_code in (403, 404), (method, url, answer.status_code, answer.text[:300])
        if answer.status_code == 403:  # only where no project's administrator may at all
            assert path.startswith(("/v1/projects", "/v1/workers", "/machines")), (method, path, answer.text)
        said = answer.text
        for value in two.things.values():
            said = said.replace(value, "")  # what was asked for may be said again
        assert not names.search(said), (method, url, answer.text)
    assert dump(two.service, "alpha") == before


def test_the_same_addresses_are_there_for_their_own_project(two: Two) -> None:
    """Without this, the test above would hold for addresses that nobody can have."""
    for method, path in routes(two.client.app):
        if method != "GET" or "{" not in path or path.startswith(("/v1/projects/{id}", "/machines")):
            continue
        if path.endswith(("/stream", "/content", "/permissions")):
            continue  # streams are tried on a real server; the file and the permission are rows only
        answer = two.alpha.get(filled(path, two.things))
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])


def test_no_list_shows_anything_of_another_project(two: Two) -> None:
    ids = [id for id in two.things.values() if len(id) > 20]
    for method, path in routes(two.client.app):
        if method != "GET" or "{" in path:
            continue
        answer = two.beta.get(path, params={"month": "2026-11"} if path.endswith("usage") else {})
        assert answer.status_code in (200, 303, 307, 403), (path, answer.status_code, answer.text[:300])
        assert "alphas-" not in answer.text, path
        assert not [id for id in ids if id in answer.text], path


def test_another_projects_things_cannot_be_referred_to(two: Two) -> None:
    before = dump(two.service, "alpha")
    reference, plan = two.things["/v1/datasets {reference}"], two.things["/v1/plans {id}"]
    move(two.service, plan, State.SUCCEEDED, result={"plan": {"train": {}, "steps": 1}})
    before = dump(two.service, "alpha")
    assert two.alpha.post("/v1/jobs", json={"plan": plan}).status_code == 201
    after = dump(two.service, "alpha")
    assert after != before
    for path, body in (
        ("/v1/jobs", {"plan": plan}),
        ("/v1/jobs", {"recipe": RECIPE, "dataset": reference}),
        ("/v1/plans", {"recipe": RECIPE, "dataset": reference}),
        ("/v1/studies", {"name": "s", "recipe": RECIPE, "arms": {"a": {}}, "dataset": reference}),
    ):
        answer = two.beta.post(path, json=body)
        assert answer.status_code == 404, (path, answer.text)
    assert two.beta.get("/v1/jobs", params={"study": two.things["/v1/studies {id}"]}).json()["data"] == []
    assert dump(two.service, "alpha") == after


def test_a_key_of_one_project_is_no_idempotency_key_of_another(two: Two) -> None:
    key = {"Idempotency-Key": "same"}
    answers = [
        client.post("/v1/jobs", json={"recipe": RECIPE}, headers=key) for client in (two.alpha, two.beta)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    assert [answer.json()["project"] for answer in answers] == ["alpha", "beta"]


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/jobs/job_1", "/v1/connectors", "/v1/studies"])
def test_nobody_is_told_anything(two: Two, path: str) -> None:
    answer = two.client.get(path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
