"""Who is not signed in sees nothing but the door."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cooldown_api.app import create_app
from cooldown_api.auth.keys import create_key
from cooldown_api.auth.session import COOKIE
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Project
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from page_markup import OWN, Markup


@pytest.fixture
def guarded(make_settings):
    service = Service.open(make_settings(auth="required"))
    with service.database.write(ALL_PROJECTS) as session:
        session.add(Project(id="alpha", name="alpha", weight=1.0, created_at=datetime.now(UTC)))
    yield service
    service.close()


@pytest.fixture
def browser(guarded):
    with TestClient(create_app(guarded.settings, guarded), raise_server_exceptions=False) as client:
        yield client


def make_key(service, role="admin", **more):
    with service.database.write(ALL_PROJECTS) as session:
        now = service.database.now(session)
        return create_key(
            session, project="alpha", name="k", role=role, created_by="t", now=now, **more
        ).secret


def enter(browser, key, next="/jobs"):
    return browser.post("/sign-in", data={"key": key, "next": next}, headers=OWN, follow_redirects=False)


def test_every_page_leads_to_the_door_and_back(browser):
    for path in (
        "/jobs",
        "/jobs/job_1",
        "/new",
        "/datasets",
        "/studies",
        "/usage",
        "/keys",
        "/webhooks",
        "/audit",
        "/machines",
    ):
        answer = browser.get(f"{path}?a=b", follow_redirects=False)
        assert answer.status_code == 303, path
        assert answer.headers["location"] == f"/sign-in?next={path.replace('/', '%2F')}%3Fa%3Db"
    page = browser.get("/sign-in?next=%2Fkeys").text
    assert 'value="/keys"' in page and 'type="password"' in page
    assert browser.post("/jobs/job_1/cancel", headers=OWN).status_code == 401


def test_a_key_opens_the_door_until_somebody_leaves(browser, guarded):
    answer = enter(browser, make_key(guarded), "/keys")
    assert (answer.status_code, answer.headers["location"]) == (303, "/keys")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower()
    assert "Sign out" in browser.get("/keys").text
    answer = browser.post("/sign-out", headers=OWN, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in" and COOKIE not in browser.cookies
    assert browser.get("/jobs", follow_redirects=False).status_code == 303


def test_a_wrong_key_is_said_to_be_wrong_and_is_not_shown_again(browser):
    answer = enter(browser, "ck_0000_secretsecretsecret")
    assert answer.status_code == 401 and "this key is not valid" in answer.text
    assert "secretsecret" not in answer.text and "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "next", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", ""]
)
def test_the_way_back_stays_inside(browser, guarded, next):
    assert enter(browser, make_key(guarded), next).headers["location"] == "/jobs"


def test_roles_see_what_they_may(browser, guarded):
    enter(browser, make_key(guarded, "viewer"))
    links = [link["href"] for link in Markup(browser.get("/jobs").text).all("a")]
    assert "/new" not in links and "/keys" not in links and "/machines" not in links
    for path in ("/new", "/keys", "/webhooks", "/audit", "/usage", "/machines"):
        answer = browser.get(path)
        assert answer.status_code == 403 and "has the role" in answer.text, path


def test_without_authentication_there_is_no_door(client):
    assert client.get("/sign-in", follow_redirects=False).headers["location"] == "/jobs"
    assert "Sign out" not in client.get("/jobs").text
