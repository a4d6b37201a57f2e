"""Signed-in browsers: the cookie, what it is worth to other sites, and when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cooldown_api.auth.session import COOKIE, set_cookie, sign_in, sign_out
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import BrowserSession
from cooldown_api.problems import ProblemError
from cooldown_api.service import Service
from fastapi import Response
from fastapi.testclient import TestClient
from sqlalchemy import select

from api_keys import bearer

MakeKey = Callable[..., str]
OWN = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def cookie(guarded: Service, make_key: MakeKey) -> dict[str, str]:
    value, principal = sign_in(guarded, make_key())
    assert (principal.project, principal.role) == ("alpha", "admin")
    return {"Cookie": f"{COOKIE}={value}"}


def test_a_signed_in_browser_acts_as_its_key(asking: TestClient, cookie: dict[str, str]) -> None:
    assert asking.get("/v1/me", headers=cookie).json()["project"] == "alpha"
    assert asking.post("/v1/keys", json={"name": "a"}, headers={**cookie, **OWN}).status_code == 201


FOREIGN = (
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
)


def test_a_cookie_is_worth_nothing_to_pages_of_other_sites(
    asking: TestClient, cookie: dict[str, str]
) -> None:
    for headers in FOREIGN:
        for method, path in (("POST", "/v1/keys"), ("DELETE", "/v1/keys/key_1")):
            answer = asking.request(method, path, json={"name": "a"}, headers={**cookie, **headers})
            assert answer.status_code == 403, headers
            assert "another site" in answer.json()["detail"]


def test_a_wrong_key_signs_nobody_in(guarded: Service) -> None:
    with pytest.raises(ProblemError, match="not valid"):
        sign_in(guarded, "ck_aaaaaaaa_" + "A" * 43)


def test_an_address_that_keeps_guessing_at_the_sign_in_must_wait(guarded: Service, make_key: MakeKey) -> None:
    guarded.callers.failures._clock = lambda: 0.0
    for _ in range(20):
        with pytest.raises(ProblemError, match="not valid"):
            sign_in(guarded, "ck_guess", "192.0.2.1")
    with pytest.raises(ProblemError, match="too many failed"):
        sign_in(guarded, "ck_guess", "192.0.2.1")
    assert sign_in(guarded, make_key(), "192.0.2.2")


def test_who_signed_out_is_nobody_at_once(
    guarded: Service, asking: TestClient, cookie: dict[str, str]
) -> None:
    assert asking.get("/v1/me", headers=cookie).status_code == 200
    sign_out(guarded, cookie["Cookie"].partition("=")[2])
    assert asking.get("/v1/me", headers=cookie).status_code == 401


def test_a_session_ends_with_the_key_it_was_opened_with(
    asking: TestClient, cookie: dict[str, str], make_key: MakeKey
) -> None:
    id = asking.get("/v1/me", headers=cookie).json()["actor"].removeprefix("key:")
    assert asking.delete(f"/v1/keys/{id}", headers=bearer(make_key())).status_code == 200
    assert asking.get("/v1/me", headers=cookie).status_code == 401


def test_a_session_ends_after_twelve_hours_or_with_its_key(guarded: Service, make_key: MakeKey) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    sign_in(guarded, make_key())
    sign_in(guarded, make_key(expires_at=soon))
    with guarded.database.read(ALL_PROJECTS) as session:
        first, second = session.scalars(select(BrowserSession).order_by(BrowserSession.expires_at))
        assert abs((first.expires_at - soon).total_seconds()) < 1e-3
        assert abs((second.expires_at - second.created_at) - timedelta(hours=12)) < timedelta(milliseconds=1)


def test_the_database_holds_no_cookie(guarded: Service, make_key: MakeKey) -> None:
    value, _ = sign_in(guarded, make_key())
    with guarded.database.read(ALL_PROJECTS) as session:
        row = session.scalars(select(BrowserSession)).one()
    assert value not in f"{row.digest}{row.principal}"


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_for_this_service_only(secure: bool) -> None:
    response = Response()
    set_cookie(response, "x", secure=secure)
    said = response.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    assert "path=/" in said
    assert ("secure" in said) is secure
