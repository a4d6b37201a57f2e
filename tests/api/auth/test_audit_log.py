"""The audit log as administrators read it: their project's, by pages, by filters, or whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cooldown_api.audit import record
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.operations import audit as module
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from api_keys import bearer

MakeKey = Callable[..., str]
START = datetime(2026, 11, 1, tzinfo=UTC)


def fill(service: Service, count: int) -> None:
    with service.database.write(ALL_PROJECTS) as session:
        for number in range(count):
            record(
                session,
                project="beta" if number % 3 == 2 else "alpha",
                actor="user:ada" if number % 2 else "key:key_1",
                action="job.create" if number % 2 else "job.cancel",
                target=f"job_{number}",
                now=START + timedelta(minutes=number),
                detail={"number": number},
            )
            session.flush()


def test_lines_are_filtered_and_of_the_own_project_only(
    guarded: Service, asking: TestClient, make_key: MakeKey
) -> None:
    fill(guarded, 12)
    headers = bearer(make_key())

    def found(**query: object) -> set[int]:
        data = asking.get("/v1/audit", params=query, headers=headers).json()["data"]
        assert {line["project"] for line in data} <= {"alpha"}
        return {line["detail"]["number"] for line in data}

    assert found() == {0, 1, 3, 4, 6, 7, 9, 10}
    assert found(action="job.create") == {1, 3, 7, 9}
    assert found(actor="key:key_1", since=(START + timedelta(minutes=4)).isoformat()) == {4, 6, 10}
    assert found(until=(START + timedelta(minutes=4)).isoformat()) == {0, 1, 3}
    assert found(target="job_7") == {7}
    assert found(target="job_8") == set()
    platform = bearer(make_key(platform=True))
    everything = asking.get("/v1/audit", params={"all_projects": True}, headers=platform).json()["data"]
    assert {line["project"] for line in everything} == {"alpha", "beta"}


def test_turning_pages_shows_each_line_once(guarded: Service, asking: TestClient, make_key: MakeKey) -> None:
    fill(guarded, 30)
    headers, seen, after = bearer(make_key()), [], None
    while True:
        query = {"limit": 7, **({"after": after} if after else {})}
        page = asking.get("/v1/audit", params=query, headers=headers).json()
        seen += [line["detail"]["number"] for line in page["data"]]
        after = page["last_id"]
        if not page["has_more"]:
            break
    assert sorted(seen) == [number for number in range(30) if number % 3 != 2]
    assert len(seen) == len(set(seen))


def test_the_whole_log_comes_as_lines_part_by_part(
    guarded: Service, asking: TestClient, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_AT_ONCE", 7)
    fill(guarded, 63)
    answer = asking.get("/v1/audit/export", headers=bearer(make_key()))
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert sorted(line["detail"]["number"] for line in lines) == [n for n in range(63) if n % 3 != 2]
    assert [line["id"] for line in lines] == sorted(line["id"] for line in lines)
    assert guarded.database.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"since": "2026-11-01T00:00:00"},
        {"action": "a\x00"},
        {"limit": 0},
        {"after": "a b"},
    ],
)
def test_a_filter_that_means_nothing_is_refused(client: TestClient, query: dict[str, object]) -> None:
    assert client.get("/v1/audit", params=query).status_code == 422
