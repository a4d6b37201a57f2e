"""Both clients against the service itself, behind a real server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Job as JobRow
from cooldown_api.jobs.events import append_event
from cooldown_api.settings import Settings

import cooldown_kit
from cooldown_kit.client.errors import (
    Conflict,
    NotFound,
    RecipeRejected,
    ServerError,
    ValidationFailed,
    WaitTimeout,
)
from cooldown_kit.errors import CooldownError
from live_server import live_api

RECIPE = {"name": "handbook", "model": "org/base", "sources": {"a": {"connector": "text", "path": "docs"}}}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": tmp_path / "service",
            "database_url": f"sqlite:///{tmp_path / 'service.db'}",
            "auth": "none",
            "sources": {"roots": [tmp_path], "references": "any", "urls": ["https://*"]},
        }
    )


@pytest.fixture
def live(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    monkeypatch.chdir(tmp_path)
    with live_api(settings) as found:
        yield found


@pytest.fixture
def client(live: tuple[str, Any], make_client: Callable[..., Any]) -> Any:
    return make_client(live[0])


def test_a_job_can_be_submitted_found_steered_and_run_again(client: Any, tmp_path: Path) -> None:
    made = client.jobs.create(RECIPE, metadata={"team": "search"}, max_duration="2h", priority=70)
    assert (made.state, made.priority, made.max_duration_seconds) == ("queued", 70, 7200)
    assert client.jobs.get(made.id).recipe["sources"]["a"]["path"] == f"{tmp_path}/docs"
    assert [job.id for job in client.jobs.list(metadata={"team": "search"}, state="queued")] == [made.id]
    assert list(client.jobs.list(metadata={"team": "other"})) == []
    assert made.pause().state == "paused" and made.resume().state == "queued"
    assert made.queue().waits_for[0].kind == "worker"
    assert made.cancel().state == "cancelled"
    again = made.rerun(priority=10)
    assert (again.rerun_of, again.priority) == (made.id, 10)
    with pytest.raises(Conflict):
        made.pause()
    assert [event.id for event in made.stream()] == [event.id for event in made.events()] == [1, 2, 3, 4]


def test_the_parts_of_a_new_job_are_empty_and_there(client: Any, tmp_path: Path) -> None:
    job = client.jobs.create(RECIPE)
    assert job.metrics() == [] and job.metrics().to_columns()["step"] == []
    assert (
        list(job.logs()) == list(job.logs(tail=3)) == list(job.checkpoints()) == list(job.artefacts()) == []
    )
    assert job.download(tmp_path / "out") == []
    assert job.lineage().job == job.id
    with pytest.raises(NotFound):
        job.report()
    with pytest.raises(WaitTimeout):
        job.wait(timeout=0.3)


def test_one_key_makes_one_job(client: Any) -> None:
    first = client.jobs.create(RECIPE, idempotency_key="nightly")
    assert client.jobs.create(RECIPE, idempotency_key="nightly").id == first.id
    with pytest.raises(ValidationFailed) as caught:
        client.jobs.create({**RECIPE, "seed": 3}, idempotency_key="nightly")
    assert caught.value.code == "idempotency-mismatch"


def test_a_wrong_recipe_is_told_whole(client: Any) -> None:
    with pytest.raises(RecipeRejected, match="did you mean `method`") as caught:
        client.jobs.create({**RECIPE, "train": {"metod": "full"}})
    assert caught.value.request_id and caught.value.status == 422


def test_plans_datasets_and_studies_are_reached(client: Any) -> None:
    plan = client.plans.create(RECIPE)
    assert client.plans.get(plan.id).kind == "plan" and [one.id for one in client.plans.list()] == [plan.id]
    with pytest.raises(Conflict):
        client.jobs.create(plan=plan)
    assert client.plans.cancel(plan.id).state == "cancelled"
    dataset = client.datasets.create("billing", RECIPE)
    assert client.datasets.get("billing").reference == dataset.reference == "billing@v1"
    assert [one.job for one in client.datasets.list(name="billing")] == [dataset.job]
    study = client.studies.create("s", RECIPE, {"as-is": {}, "other": {"seed": 3}}, seeds=[1, 2])
    assert len(client.studies.get(study.id).cells) == 4 and [one.id for one in client.studies.list()] == [
        study.id
    ]
    assert {cell.state for cell in client.studies.cancel(study.id).cells} == {"cancelled"}


def test_administration_is_reached(client: Any) -> None:
    assert client.me().platform and client.ready().database == "sqlite" and client.health().status == "ok"
    key = client.keys.create("ci", role="viewer", expires_at=datetime(2030, 1, 1, tzinfo=UTC))
    assert [one.id for one in client.keys.list()] == [key.id] and key.secret not in repr(
        list(client.keys.list())
    )
    assert client.keys.revoke(key.id).deleted
    hook = client.webhooks.create("ops", "https://ops.example/hook")
    assert client.webhooks.update(hook.id, enabled=False).enabled is False
    assert client.webhooks.update(hook.id, enabled=True).enabled is True
    assert client.webhooks.rotate_secret(hook.id).secret != hook.secret
    assert client.webhooks.test(hook.id).webhook == hook.id
    assert len(list(client.webhooks.deliveries(hook.id))) == 1
    assert client.webhooks.get(hook.id).name == "ops" and client.webhooks.delete(hook.id).deleted
    assert list(client.webhooks.list()) == []
    assert (
        next(client.audit.list(action="webhook.delete", since=datetime(2020, 1, 1, tzinfo=UTC))).target
        == hook.id
    )
    assert client.projects.create("search", weight=2).weight == 2
    assert client.projects.update("search", max_running=3).max_running == 3
    assert client.projects.update("search", max_running=None).max_running is None
    assert client.projects.get("search").id in {one.id for one in client.projects.list()}
    assert client.projects.usage("search").used_job_hours == client.usage().used_job_hours == 0
    assert client.projects.delete("search").deleted
    assert list(client.workers.list()) == []


def test_what_is_of_another_project_is_not_there(client: Any) -> None:
    client.projects.create("other")
    job = client.jobs.create(RECIPE)
    with pytest.raises(NotFound):
        client.with_options(project="other").jobs.get(job.id)


def finish(service: Any, id: str, events: int) -> None:
    """What a worker does: events, then the end."""
    with service.database.write(ALL_PROJECTS) as session:
        row = session.get(JobRow, id)
        now = service.database.now(session)
        for number in range(events):
            append_event(
                session, row, "metric", {"stage": "train", "step": number, "values": {"loss": 1.0}}, time=now
            )
        row.state, row.reason, row.finished_at = "succeeded", "finished", now
        append_event(
            session, row, "state", {"state": "succeeded", "reason": "finished", "detail": ""}, time=now
        )


def test_a_stream_outlives_a_restart_of_the_service(
    settings: Settings, make_client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with live_api(settings) as (url, _):
        client = make_client(url)
        stream = client.jobs.create(RECIPE).stream()
        first = next(stream)
        assert first.id == 1

    def go_on() -> None:
        with live_api(settings, port=int(url.rsplit(":", 1)[1])) as (_, service):
            finish(service, first.job, 450)
            over.wait(60)

    over = threading.Event()
    restarted = threading.Thread(target=go_on)
    restarted.start()
    try:
        rest = list(stream)
    finally:
        over.set()
        restarted.join()
    assert [event.id for event in rest] == list(range(2, 453))


def test_waiting_ends_when_the_job_does(client: Any, live: tuple[str, Any]) -> None:
    job = client.jobs.create(RECIPE)
    worker = threading.Thread(target=finish, args=(live[1], job.id, 3))
    seen: list[int] = []

    def on_event(event: Any) -> None:
        seen.append(event.id)
        if event.id == 1:
            worker.start()

    assert job.wait(on_event=on_event).succeeded
    worker.join()
    assert seen == [1, 2, 3, 4, 5]
    assert client.jobs.get(job.id).wait().succeeded
    assert [event.id for event in job.stream(types={"metric"})] == [2, 3, 4]


def test_a_unix_socket_is_an_address(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(CooldownError, match="cannot be reached"):
        cooldown_kit.Client(f"unix://{tmp_path}/none.sock", max_retries=0).health()


def test_a_service_that_is_not_ready_says_why(
    live: tuple[str, Any], client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cooldown_api.routes.health.newest", lambda: "9999")
    with pytest.raises(ServerError, match="9999"):
        client.with_options(max_retries=0).ready()
