"""From a request to its caller: which credentials count, in which project, and from which pages."""

from __future__ import annotations

from collections.abc import Callable

from cooldown_api.app import create_app
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from api_keys import bearer

MakeKey = Callable[..., str]


KEY = "ck_aaaaaaaa_" + "A" * 43
NOBODY = (
    None,
    "",
    "Bearer",
    "Bearer ",
    "Basic YTpi",
    "Bearer nonsense",
    "Bearer a.b.c",
    f"Bearer {KEY}",
    KEY,
)


def test_whoever_shows_no_valid_key_is_nobody(asking: TestClient) -> None:
    for header in NOBODY:
        answer = asking.get("/v1/me", headers={"Authorization": header} if header is not None else {})
        assert answer.status_code == 401, header
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "not-authenticated"


def test_a_role_may_what_its_rank_may(asking: TestClient, make_key: MakeKey) -> None:
    for role, status in (("viewer", 403), ("editor", 403), ("admin", 200)):
        assert asking.get("/v1/audit", headers=bearer(make_key(role=role))).status_code == status


def test_a_key_of_one_project_cannot_choose_another(asking: TestClient, make_key: MakeKey) -> None:
    headers = bearer(make_key())
    for header in ("X-Cooldown-Project", "OpenAI-Project"):
        assert asking.get("/v1/me", headers={**headers, header: "alpha"}).status_code == 200
        for other in ("beta", "nothing", "*", "a\x01"):
            assert asking.get("/v1/me", headers={**headers, header: other}).status_code == 404


def test_a_platform_key_chooses_any_project_that_exists(asking: TestClient, make_key: MakeKey) -> None:
    headers = bearer(make_key(platform=True))
    assert asking.get("/v1/me", headers=headers).json()["project"] == "alpha"
    chosen = asking.get("/v1/me", headers={**headers, "X-Cooldown-Project": "beta"}).json()
    assert (chosen["project"], chosen["role"], chosen["platform"]) == ("beta", "admin", True)
    assert asking.get("/v1/me", headers={**headers, "X-Cooldown-Project": "gamma"}).status_code == 404


def test_a_platform_key_that_only_looks_administers_nothing(asking: TestClient, make_key: MakeKey) -> None:
    headers = bearer(make_key(role="viewer", platform=True))
    assert asking.get("/metrics", headers=headers).status_code == 200
    assert asking.get("/v1/projects", headers=headers).status_code == 403
    assert asking.get("/v1/me", headers=headers).json()["platform"] is False


def test_an_address_that_keeps_guessing_must_wait_and_those_who_are_known_need_not(
    guarded: Service, asking: TestClient, make_key: MakeKey
) -> None:
    guarded.callers.failures._clock = lambda: 0.0
    good, other = bearer(make_key()), bearer(make_key())
    assert asking.get("/v1/me", headers=good).status_code == 200
    answers = [asking.get("/v1/me", headers=bearer(KEY)) for _ in range(25)]
    assert [answer.status_code for answer in answers][:20] == [401] * 20
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1
    guarded.callers.known.forget_all()
    assert asking.get("/v1/me", headers=good).status_code == 200
    assert asking.get("/v1/me", headers=other).status_code == 429


def test_without_authentication_another_machine_is_refused(service: Service) -> None:
    app = create_app(service.settings, service)
    with TestClient(app, client=("192.0.2.7", 1)) as client:
        assert client.get("/v1/me").status_code == 403
    with TestClient(app, client=("127.0.0.1", 1)) as client:
        assert client.get("/v1/me").json()["actor"] == "local"


def test_without_authentication_only_names_of_loopback_are_answered(client: TestClient) -> None:
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "",
        "10.0.0.1",
        "localhost.evil",
        "[",
        "a@localhost:b",
    ):
        assert client.get("/v1/me", headers={"Host": host}).status_code == 403, host
    for host in ("localhost:8017", "127.0.0.1:8017", "[::1]:8017", "LOCALHOST"):
        assert client.get("/v1/me", headers={"Host": host}).status_code == 200, host


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver:81"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
)


def test_without_authentication_no_page_of_another_site_changes_anything(client: TestClient) -> None:
    for headers in FOREIGN:
        assert client.post("/v1/keys", json={"name": "a"}, headers=headers).status_code == 403, headers
    assert client.get("/v1/keys").json()["data"] == []


def test_without_authentication_programs_and_own_pages_work(client: TestClient) -> None:
    for headers in ({}, {"Origin": "http://testserver"}, {"Sec-Fetch-Site": "same-origin"}):
        assert client.post("/v1/keys", json={"name": "a"}, headers=headers).status_code == 201


def test_requests_are_counted_for_each_key(guarded: Service, make_key: MakeKey) -> None:
    limits = guarded.settings.limits.model_copy(update={"requests_per_minute": 60, "burst": 3})
    settings = guarded.settings.model_copy(update={"limits": limits})
    limited = Service(settings, guarded.database, guarded.artefacts, guarded.hub)
    limited.callers.rates._clock = lambda: 0.0
    first, second = bearer(make_key()), bearer(make_key())
    with TestClient(create_app(settings, limited)) as client:
        answers = [client.get("/v1/me", headers=first) for _ in range(6)]
        assert [answer.status_code for answer in answers[:3]] == [200] * 3
        late = answers[-1]
        assert late.status_code == 429
        assert late.json()["code"] == "too-many-requests"
        assert late.headers["x-should-retry"] == "true"
        assert late.headers["retry-after"] == "1"
        assert late.headers["ratelimit-policy"] == '"default";q=60;w=60'
        assert answers[0].headers["ratelimit"].startswith('"default";r=2;t=')
        assert client.get("/v1/me", headers=second).status_code == 200
