"""Numbers by step: exact where they fit, means over equal ranges where they do not."""

from __future__ import annotations

from cooldown_api.service import Service
from fastapi.testclient import TestClient

from job_rows import add_job, add_metrics


def test_steps_that_fit_come_as_they_are(client: TestClient, service: Service) -> None:
    id = add_job(service)
    add_metrics(service, id, range(1, 11), learning_rate=0.5)
    found = client.get(f"/v1/jobs/{id}/metrics").json()
    assert (found["steps"], found["resolution"]) == (10, 500)
    assert [point["step"] for point in found["data"]] == list(range(1, 11))
    assert found["data"][3]["values"] == {"loss": 4.0, "learning_rate": 0.5}


def test_more_steps_are_means_over_equal_ranges(client: TestClient, service: Service) -> None:
    id = add_job(service)
    add_metrics(service, id, range(1, 1001))
    found = client.get(f"/v1/jobs/{id}/metrics?resolution=10").json()
    assert [point["step"] for point in found["data"]] == list(range(100, 1001, 100))
    assert [point["values"]["loss"] for point in found["data"]] == [50.5 + 100 * n for n in range(10)]
    assert found["steps"] == 1000


def test_no_resolution_gives_more_points_than_it_says(client: TestClient, service: Service) -> None:
    id = add_job(service)
    add_metrics(service, id, range(3, 400, 7))
    for resolution in (1, 2, 3, 7, 10, 56, 57, 100):
        points = client.get(f"/v1/jobs/{id}/metrics?resolution={resolution}").json()["data"]
        assert 1 <= len(points) <= resolution


def test_a_range_a_stage_and_keys_are_chosen(client: TestClient, service: Service) -> None:
    id = add_job(service)
    add_metrics(service, id, range(1, 11), learning_rate=0.5)
    add_metrics(service, id, range(1, 3), stage="evaluate")
    both = client.get(f"/v1/jobs/{id}/metrics?keys=loss&step_from=2&step_to=3").json()
    assert [(point["stage"], point["step"]) for point in both["data"]] == [
        ("evaluate", 2),
        ("train", 2),
        ("train", 3),
    ]
    assert both["data"][1]["values"] == {"loss": 2.0}
    one = client.get(f"/v1/jobs/{id}/metrics?stage=evaluate").json()
    assert one["steps"] == 2
    assert client.get(f"/v1/jobs/{id}/metrics?resolution=2001").status_code == 422
    assert client.get(f"/v1/jobs/{id}/metrics?step_from=99").json()["data"] == []
