"""What people send by mistake or on purpose: it is refused with a reason, costs little, and leaves nothing behind."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Job
from cooldown_api.service import Service
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from job_rows import RECIPE, dump

TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"  # of the form that scanners know, and nobody's
ROUTES = ("/v1/jobs", "/v1/plans", "/v1/recipes/check", "/v1/datasets", "/v1/studies")


def body_for(route: str, recipe: Any, **more: Any) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "/v1/datasets": {"name": "d"},
        "/v1/studies": {"name": "s", "arms": {"a": {}}},
    }.get(route, {})
    return {"recipe": recipe, **extra, **more}


def nothing_was_made(service: Service) -> bool:
    with service.database.read(ALL_PROJECTS) as session:
        return session.scalar(select(func.count()).select_from(Job)) == 0


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)
DEEP: dict[str, Any] = {}
for _ in range(500):
    DEEP = {"a": DEEP}
HOSTILE: dict[str, Any] = {
    "a YAML bomb": BOMB,
    "YAML nested too deeply": "[" * 50_000,
    "YAML of another type": "!!python/object/apply:os.system [id]",
    "YAML too long": "# " + "x" * 200_000,
    "YAML with NUL": "name: a\0b",
    "YAML with an escaped NUL": 'name: small\nmodel: "a\\0b"\nsources: {s: {connector: text, path: x}}',
    "10,000 keys": {**RECIPE, **{f"key{number}": 1 for number in range(10_000)}},
    "10,000 keys as YAML": "\n".join(f"key{number}: 1" for number in range(10_001)),
    "5,000 unknown keys": {**RECIPE, **{f"key{number}": 1 for number in range(5_000)}},
    "nested too deeply": {**RECIPE, "mix": DEEP},
    "NUL in a value": {**RECIPE, "model": "a\0b"},
    "NUL in a key": {**RECIPE, "a\0b": 1},
    "a list": {**RECIPE, "sources": []},
    "a huge integer": {**RECIPE, "seed": 10**300},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_recipe_is_refused(client: TestClient, service: Service, name: str) -> None:
    for route in ROUTES:
        answer = client.post(route, json=body_for(route, HOSTILE[name]))
        assert answer.status_code == 422, (route, answer.text)
        assert len(answer.content) < 20_000
        keyed = client.post(route, json=body_for(route, HOSTILE[name]), headers={"Idempotency-Key": "one"})
        assert keyed.status_code == 422, (route, keyed.text)
    assert nothing_was_made(service)


def test_a_key_that_was_used_is_no_way_around(client: TestClient) -> None:
    headers = {"Idempotency-Key": "one"}
    assert client.post("/v1/jobs", json={"recipe": RECIPE}, headers=headers).status_code == 201
    answer = client.post("/v1/jobs", json={"recipe": HOSTILE["nested too deeply"]}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-mismatch")


@pytest.mark.parametrize(
    "text",
    [
        '{"recipe": {"name": "\\ud800"}}',
        '{"recipe": {"\\ud800": 1}}',
        '{"\\ud800": 1}',
        '{"recipe": {"seed": NaN}}',
        '{"recipe": {"seed": Infinity}}',
        '{"recipe": {"seed": 1e999}}',
        '{"recipe": "\\ud800"}',
        '{"recipe": {"name": "a", "model": "a/b", "sources": {"s": {"connector": "git", "url": "https://e.example/\\udfff"}}}}',
    ],
)
def test_what_databases_do_not_keep_is_refused(client: TestClient, service: Service, text: str) -> None:
    for route in ROUTES:
        body = (
            text if route not in ("/v1/datasets", "/v1/studies") else text[:-1] + ', "name": "d", "arms": {}}'
        )
        answer = client.post(route, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, (route, answer.text)
    assert nothing_was_made(service)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"recipe": ' + "1" * 5000 + "}", "\xff"])
def test_what_is_no_json_is_a_bad_request(client: TestClient, service: Service, text: str) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post("/v1/jobs", content=text.encode("latin-1"), headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert nothing_was_made(service)


@pytest.mark.parametrize("metadata", [{"a": "b\0"}, {"a\0": "b"}, {"": "b"}, {"a": 1}, {"a" * 65: "b"}])
def test_labels_hold_short_text_only(client: TestClient, service: Service, metadata: Any) -> None:
    answer = client.post("/v1/jobs", json={"recipe": RECIPE, "metadata": metadata})
    assert answer.status_code == 422, answer.text
    assert nothing_was_made(service)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: TestClient, service: Service) -> None:
    for route in ROUTES:
        answer = client.post(route, json=body_for(route, "#" * (1 << 20)))
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
    assert nothing_was_made(service)


PLANTED: dict[str, dict[str, Any]] = {
    "in a URL": {"recipe": {**RECIPE, "sources": {"s": {"connector": "git", "url": f"https://u:{TOKEN}@git.example.com/a"}}}},
    "in a query": {"recipe": {**RECIPE, "sources": {"s": {"connector": "git", "url": f"https://git.example.com/a?t={TOKEN}"}}}},
    "as the token": {"recipe": {**RECIPE, "sources": {"s": {"connector": "github", "repository": "a/b", "token": TOKEN}}}},
    "as a connector": {"recipe": {**RECIPE, "sources": {"s": {"connector": TOKEN}}}},
    "as a key": {"recipe": {**RECIPE, TOKEN: 1}},
    "as a source's name": {"recipe": {**RECIPE, "sources": {TOKEN: RECIPE["sources"]["code"]}}},
    "in YAML": {"recipe": f"name: small\nmodel: a/b\nsources: {{s: {{connector: git, url: 'https://{TOKEN}@git.example.com/a'}}}}"},
    "as a YAML key": {"recipe": f"name: small\n{TOKEN}: 1\n"},
    "twice as a YAML key": {"recipe": f"{TOKEN}: 1\n{TOKEN}: 2\n"},
    "as a YAML tag": {"recipe": f"name: !{TOKEN} x\n"},
    "as a label": {"recipe": RECIPE, "metadata": {"token": TOKEN}},
    "as a label's key": {"recipe": RECIPE, "metadata": {TOKEN: "x"}},
    "as an option of the request": {"recipe": RECIPE, TOKEN: 1},
    "as the name": {"recipe": {**RECIPE, "name": TOKEN}},
    "as a plan": {"plan": TOKEN[:40]},
    "as an executor": {"recipe": RECIPE, "executor": TOKEN},
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_credential_is_refused_and_stands_nowhere(
    client: TestClient, service: Service, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    caplog.set_level(logging.DEBUG)
    headers = {"Idempotency-Key": "one"}
    answer = client.post("/v1/jobs", json=PLANTED[name], headers=headers)
    assert answer.status_code in (404, 422), answer.text
    assert TOKEN not in answer.text
    assert TOKEN not in caplog.text
    assert TOKEN not in dump(service)
    assert nothing_was_made(service)


def test_a_study_refuses_a_credential_in_an_arm(client: TestClient, service: Service) -> None:
    arms = {"a": {"sources.code.url": f"https://{TOKEN}@git.example.com/a"}}
    answer = client.post("/v1/studies", json={"name": "s", "recipe": RECIPE, "arms": arms})
    assert answer.status_code == 422
    assert TOKEN not in answer.text + dump(service)
    answer = client.post("/v1/studies", json={"name": "s", "recipe": RECIPE, "arms": {"a": {TOKEN: 1}}})
    assert answer.status_code == 422
    assert TOKEN not in answer.text + dump(service)


def test_a_reference_to_a_secret_is_kept_and_its_value_is_not(
    client: TestClient, service: Service, tmp_path: Path
) -> None:
    folder = tmp_path / "secrets" / "default"
    folder.mkdir(parents=True)
    (folder / "forge").write_text(TOKEN)
    service.settings.sources.secrets_dir = tmp_path / "secrets"
    source = {"connector": "github", "repository": "a/b", "token": "secret:forge"}
    answer = client.post("/v1/jobs", json={"recipe": {**RECIPE, "sources": {"s": source}}})
    assert answer.status_code == 201, answer.text
    assert "secret:forge" in dump(service)
    assert TOKEN not in dump(service)
