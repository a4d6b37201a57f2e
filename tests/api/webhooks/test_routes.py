"""Webhooks of a project: who may make them, what is shown, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Idempotency, Webhook
from cooldown_api.service import Service
from cooldown_api.webhooks import store
from fastapi.testclient import TestClient
from sqlalchemy import select

NEW = {"name": "a", "url": "https://hooks.example.com/T0/B0?sig=secret-part", "event_types": ["job.*"]}


def test_a_secret_is_shown_once_and_kept_encrypted(client: TestClient, service: Service) -> None:
    made = client.post("/v1/webhooks", json=NEW).json()
    assert made["secret"].startswith("whsec_")
    shown = client.get(f"/v1/webhooks/{made['id']}").json()
    assert "secret" not in shown
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    with service.database.read(ALL_PROJECTS) as session:
        row = session.scalars(select(Webhook)).one()
    assert made["secret"] not in row.secret


def test_a_webhook_is_changed_listed_and_deleted(client: TestClient) -> None:
    ids = [client.post("/v1/webhooks", json=NEW).json()["id"] for _ in range(3)]
    page = client.get("/v1/webhooks", params={"limit": 2}).json()
    assert ([hook["id"] for hook in page["data"]], page["has_more"]) == (ids[:0:-1], True)
    changed = client.patch(f"/v1/webhooks/{ids[0]}", json={"name": "b", "event_types": ["job.failed"]}).json()
    assert (changed["name"], changed["event_types"], changed["url"]) == ("b", ["job.failed"], NEW["url"])
    client.post(f"/v1/webhooks/{ids[0]}/test")
    assert client.delete(f"/v1/webhooks/{ids[0]}").json()["deleted"] is True
    assert client.get(f"/v1/webhooks/{ids[0]}").status_code == 404
    assert client.get(f"/v1/webhooks/{ids[0]}/deliveries").status_code == 404


def test_a_webhook_is_made_once_under_an_idempotency_key(client: TestClient, service: Service) -> None:
    headers = {"Idempotency-Key": "one"}
    made = client.post("/v1/webhooks", json=NEW, headers=headers).json()
    again = client.post("/v1/webhooks", json=NEW, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert made["id"] in again.json()["detail"] and made["secret"] not in again.text
    assert [hook["id"] for hook in client.get("/v1/webhooks").json()["data"]] == [made["id"]]
    with service.database.read(ALL_PROJECTS) as session:
        (kept,) = session.scalars(select(Idempotency.body)).all()
    assert kept == {"id": made["id"]}, "neither the secret nor the address, which may hold one"


def test_what_no_event_is_called_and_where_none_may_go_is_refused(client: TestClient) -> None:
    for change, status, where in (
        ({"event_types": ["job.*", "jobs.done"]}, 422, "event_types.1"),
        ({"url": "http://hooks.example.com/x"}, 403, "url"),
        ({"url": "https://10.0.0.1/x"}, 403, "url"),
        ({"url": "nothing"}, 422, "url"),
        ({"name": ""}, 422, "name"),
        ({"name": "a\u0000"}, 422, "name"),
    ):
        answer = client.post("/v1/webhooks", json={**NEW, **change})
        assert (answer.status_code, answer.json()["where"]) == (status, where), change
        assert "secret-part" not in answer.text
    id = client.post("/v1/webhooks", json=NEW).json()["id"]
    assert client.patch(f"/v1/webhooks/{id}", json={"url": "https://localhost/x"}).status_code == 403


def test_a_project_has_a_bounded_number(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_MOST", 2)
    answers: list[Callable[[], int]] = [lambda: client.post("/v1/webhooks", json=NEW).status_code] * 3
    assert [ask() for ask in answers] == [201, 201, 409]


def test_other_projects_see_nothing_of_it(client: TestClient, service: Service) -> None:
    id = client.post("/v1/webhooks", json=NEW).json()["id"]
    delivery = client.post(f"/v1/webhooks/{id}/test").json()["id"]
    client.post("/v1/projects", json={"id": "other"})
    other = {"X-Cooldown-Project": "other"}
    assert client.get("/v1/webhooks", headers=other).json()["data"] == []
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/rotate-secret"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", f"/deliveries/{delivery}/redeliver"),
    ):
        body = {"json": {"name": "b"}} if method == "PATCH" else {}
        assert client.request(method, f"/v1/webhooks/{id}{path}", headers=other, **body).status_code == 404
    mine = client.post("/v1/webhooks", json=NEW, headers=other).json()["id"]
    path = f"/v1/webhooks/{mine}/deliveries/{delivery}/redeliver"
    assert client.post(path, headers=other).status_code == 404
