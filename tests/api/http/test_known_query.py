"""What a query says is known, or refused by name: a filter that is misspelt would find everything."""

from __future__ import annotations

from typing import Any

import pytest
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from job_rows import add_job


def refused(client: TestClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation"), answer.text
    return dict(answer.json())


def test_a_parameter_that_a_route_does_not_know_is_refused_with_the_nearest(client: TestClient) -> None:
    found = refused(client, "/v1/jobs?statee=running&limit=5")
    assert found["detail"] == "statee: no query parameter of this route; the nearest is `state`"
    assert found["where"] == "statee"
    found = refused(client, "/v1/jobs?q=running&metadta[team]=a")
    assert [one["where"] for one in found["errors"]] == ["q", "metadta[team]"]
    assert refused(client, "/v1/jobs?state[]=running")["detail"].startswith("state[]: no query parameter")
    assert "nearest" not in found["errors"][0]["message"]
    assert "`metadata`" in found["errors"][1]["message"]


def test_one_value_is_given_once(client: TestClient) -> None:
    assert refused(client, "/v1/jobs?name=a&name=b")["detail"] == "name: given 2 times, and has one value"
    assert client.get("/v1/jobs?state=running&state=queued").status_code == 200


def test_routes_that_change_something_and_those_without_parameters_refuse_too(
    client: TestClient, service: Service
) -> None:
    id = add_job(service)
    answer = client.post(f"/v1/jobs/{id}/cancel?force=true")
    assert (answer.status_code, answer.json()["where"]) == (422, "force")
    assert client.get(f"/v1/jobs/{id}").json()["state"] == "queued"


def test_openai_clients_hear_it_in_their_words(client: TestClient) -> None:
    error = client.get("/v1/fine_tuning/jobs?limt=3").json()["error"]
    assert (error["type"], error["param"]) == ("invalid_request_error", "limt")
    assert "`limit`" in error["message"]


def test_a_credential_in_the_query_is_not_repeated(client: TestClient) -> None:
    secret = "ghp_" + "abcdefghijklmnopqrstuvwxyz0123456789"
    assert secret not in client.get(f"/v1/jobs?{secret}=1").text


def test_pages_for_people_bear_what_others_append_to_a_link(client: TestClient) -> None:
    assert client.get("/?utm_source=mail").status_code == 200


def test_who_may_not_ask_hears_nothing_of_parameters(make_settings: Any) -> None:
    from cooldown_api.app import create_app

    service = Service.open(make_settings(auth="required"))
    with TestClient(create_app(service.settings, service)) as client:
        assert client.get("/v1/jobs?statee=1").status_code == 401
    service.close()


@pytest.mark.parametrize("path", ["/v1/jobs", "/v1/fine_tuning/jobs"])
@pytest.mark.parametrize(
    "query",
    [
        "metadata[team]=" + "x" * 513,
        "metadata[" + "k" * 65 + "]=a",
        "metadata[]=a",
        "metadata[team]=%00",
        "metadata[team]=a&metadata[team]=b",
        "metadata[team=a",
        "metadata=a",
        "&".join(f"metadata[k{number}]=a" for number in range(17)),
    ],
)
def test_labels_that_no_job_can_have_are_refused(client: TestClient, path: str, query: str) -> None:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["error"]["param"] == "metadata"
