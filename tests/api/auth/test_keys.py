"""Keys are shown once, kept as digests, and die when they are revoked or their time is over."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cooldown_api.app import create_app
from cooldown_api.auth.keys import create_key, find_key, mark_used
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import ApiKey, Idempotency
from cooldown_api.service import Service
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from api_keys import bearer

MakeKey = Callable[..., str]
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def test_a_key_has_its_form_and_stands_nowhere_in_the_database(database: Database) -> None:
    with database.write("alpha") as session:
        made = create_key(session, project="alpha", name="a", role="editor", created_by="x", now=NOW)
        assert re.fullmatch(r"ck_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", made.secret)
        assert made.secret not in repr(made)
    with database.read(ALL_PROJECTS) as session:
        row = dict(session.execute(text("select * from api_keys")).mappings().one())
    assert made.secret.rpartition("_")[2][-20:] not in str(row)


@pytest.mark.parametrize(
    "change",
    [
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: key[:3] + "zzzzzzzz" + key[11:],
        lambda key: key + "A",
        lambda key: key[:-1],
        lambda key: "ck_" + key,
        lambda key: key.upper(),
        lambda key: key + "\n",
        lambda key: "",
        lambda key: "é" * 55,
    ],
)
def test_only_the_very_key_is_the_key(database: Database, change: Callable[[str], str]) -> None:
    with database.write("alpha") as session:
        made = create_key(session, project="alpha", name="a", role="editor", created_by="x", now=NOW)
    with database.read(ALL_PROJECTS) as session:
        assert find_key(session, made.secret, NOW) is not None
        assert find_key(session, change(made.secret), NOW) is None


def test_a_key_ends_at_its_time_and_when_it_is_revoked(database: Database) -> None:
    end = NOW + timedelta(hours=1)
    with database.write("alpha") as session:
        made = create_key(
            session, project="alpha", name="a", role="editor", created_by="x", now=NOW, expires_at=end
        )
    with database.read(ALL_PROJECTS) as session:
        assert find_key(session, made.secret, end - timedelta(seconds=1)) is not None
        assert find_key(session, made.secret, end) is None
    with database.write("alpha") as session:
        session.get_one(ApiKey, made.row.id).revoked_at = NOW
    with database.read(ALL_PROJECTS) as session:
        assert find_key(session, made.secret, NOW) is None


def test_use_is_noted_once_a_minute(database: Database) -> None:
    with database.write("alpha") as session:
        id = create_key(session, project="alpha", name="a", role="editor", created_by="x", now=NOW).row.id
    seen = []
    for seconds in (0, 30, 59, 61, 90):
        with database.write(ALL_PROJECTS) as session:
            mark_used(session, id, NOW + timedelta(seconds=seconds))
        with database.read(ALL_PROJECTS) as session:
            seen.append((session.get_one(ApiKey, id).last_used_at - NOW).total_seconds())
    assert seen == [0, 0, 0, 61, 61]


def test_a_key_made_over_the_api_is_shown_once_and_works(asking: TestClient, make_key: MakeKey) -> None:
    admin = bearer(make_key())
    made = asking.post("/v1/keys", json={"name": "ci", "role": "viewer"}, headers=admin)
    assert made.status_code == 201
    me = asking.get("/v1/me", headers=bearer(made.json()["secret"])).json()
    assert me == {
        "actor": f"key:{made.json()['id']}",
        "project": "alpha",
        "role": "viewer",
        "platform": False,
    }
    listed = asking.get("/v1/keys", headers=admin).json()["data"]
    assert [key["name"] for key in listed] == ["ci", "test"]
    assert "secret" not in listed[0]
    assert made.json()["secret"].startswith(listed[0]["prefix"])


def test_a_key_is_made_once_under_an_idempotency_key_and_its_secret_is_not_kept_for_a_second_answer(
    guarded: Service, asking: TestClient, make_key: MakeKey
) -> None:
    headers = {**bearer(make_key(role="admin")), "Idempotency-Key": "one"}
    made = asking.post("/v1/keys", json={"name": "ci"}, headers=headers)
    assert made.status_code == 201
    again = asking.post("/v1/keys", json={"name": "ci"}, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert made.json()["id"] in again.json()["detail"] and made.json()["id"] in again.json()["remedy"]
    other = asking.post("/v1/keys", json={"name": "other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-mismatch")
    names = [key["name"] for key in asking.get("/v1/keys", headers=headers).json()["data"]]
    assert names.count("ci") == 1 and "other" not in names
    with guarded.database.read(ALL_PROJECTS) as session:
        assert [row.body for row in session.scalars(select(Idempotency))] == [{"id": made.json()["id"]}]
    refused = {**headers, "Idempotency-Key": "two"}
    past = {"name": "late", "expires_at": "2020-01-01T00:00:00Z"}
    assert asking.post("/v1/keys", json=past, headers=refused).status_code == 422
    assert asking.post("/v1/keys", json={"name": "late"}, headers=refused).status_code == 201


def test_a_revoked_key_dies_at_once_in_this_process_though_it_was_used_a_moment_ago(
    asking: TestClient, make_key: MakeKey
) -> None:
    admin = bearer(make_key())
    made = asking.post("/v1/keys", json={"name": "ci"}, headers=admin).json()
    assert asking.get("/v1/me", headers=bearer(made["secret"])).status_code == 200
    assert asking.delete(f"/v1/keys/{made['id']}", headers=admin).json()["deleted"] is True
    assert asking.get("/v1/me", headers=bearer(made["secret"])).status_code == 401
    assert asking.delete(f"/v1/keys/{made['id']}", headers=admin).status_code == 200


def test_a_key_revoked_by_another_process_dies_within_seconds(
    guarded: Service, asking: TestClient, make_key: MakeKey
) -> None:
    secret = make_key()
    assert asking.get("/v1/me", headers=bearer(secret)).status_code == 200
    clock = guarded.callers.known._clock
    with guarded.database.write(ALL_PROJECTS) as session:
        session.scalars(select(ApiKey)).one().revoked_at = datetime.now(UTC)
    guarded.callers.known._clock = lambda: clock() + 5
    assert asking.get("/v1/me", headers=bearer(secret)).status_code == 401


def test_an_answer_that_was_on_its_way_while_a_key_was_revoked_is_not_kept(
    guarded: Service, make_key: MakeKey
) -> None:
    secret = make_key()
    known = guarded.callers.known
    asked = known.generation
    with guarded.database.read(ALL_PROJECTS) as session:
        found = find_key(session, secret, datetime.now(UTC))
    assert found is not None
    known.forget_all()  # revoked here, between the question and its answer
    known.remember(secret, found, asked)
    assert known.get(secret) is None


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_keys_are_for_administrators(asking: TestClient, make_key: MakeKey, role: str) -> None:
    headers = bearer(make_key(role=role))
    assert asking.get("/v1/keys", headers=headers).status_code == 403
    assert asking.post("/v1/keys", json={"name": "a"}, headers=headers).status_code == 403


def test_keys_of_another_project_are_neither_seen_nor_revoked(asking: TestClient, make_key: MakeKey) -> None:
    alpha, beta = make_key("alpha"), make_key("beta")
    id = asking.get("/v1/me", headers=bearer(beta)).json()["actor"].removeprefix("key:")
    assert len(asking.get("/v1/keys", headers=bearer(alpha)).json()["data"]) == 1
    assert asking.delete(f"/v1/keys/{id}", headers=bearer(alpha)).status_code == 404
    assert asking.get("/v1/me", headers=bearer(beta)).status_code == 200


def test_no_project_administrator_makes_or_revokes_a_key_of_the_platform(
    asking: TestClient, make_key: MakeKey
) -> None:
    admin, platform = make_key(), make_key(platform=True)
    assert (
        asking.post("/v1/keys", json={"name": "a", "platform": True}, headers=bearer(admin)).status_code
        == 403
    )
    id = asking.get("/v1/me", headers=bearer(platform)).json()["actor"].removeprefix("key:")
    assert asking.delete(f"/v1/keys/{id}", headers=bearer(admin)).status_code == 403
    made = asking.post("/v1/keys", json={"name": "a", "platform": True}, headers=bearer(platform))
    assert made.json()["platform"] is True


def test_a_key_that_would_be_over_already_is_refused(asking: TestClient, make_key: MakeKey) -> None:
    headers = bearer(make_key())
    for when, where in (("2020-01-01T00:00:00Z", "expires_at"), ("2090-01-01T00:00:00", "expires_at")):
        answer = asking.post("/v1/keys", json={"name": "a", "expires_at": when}, headers=headers)
        assert (answer.status_code, answer.json()["where"]) == (422, where)


def test_a_database_that_is_busy_does_not_fail_a_request_for_noting_its_use(
    guarded: Service, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cooldown_api.auth import authenticate as module
    from sqlalchemy.exc import OperationalError

    def busy(*args: object) -> None:
        raise OperationalError("update", {}, Exception("locked"))

    monkeypatch.setattr(module, "mark_used", busy)
    with TestClient(create_app(guarded.settings, guarded)) as client:
        assert client.get("/v1/me", headers=bearer(make_key())).status_code == 200
