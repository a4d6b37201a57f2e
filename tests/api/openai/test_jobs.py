"""Jobs through the official clients: listed, asked to stop and go on, with their events, checkpoints, results and models."""

from __future__ import annotations

import csv
import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai
import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Artefact, Delivery, Job, Webhook
from cooldown_api.jobs.events import append_event
from cooldown_api.jobs.transition import load_for_update
from cooldown_api.webhooks.signing import body_of, new_secret, signed_headers
from openai import AsyncOpenAI
from sqlalchemy import select

from cooldown_kit.client.states import State
from job_rows import add_artefact, add_checkpoint, add_job, add_metrics, move

from .conftest import Live


def job_of(name: str) -> str:
    return name.replace("ftjob-", "job_")


def create(live: Live, **more: Any) -> str:
    return live.client.fine_tuning.jobs.create(model="tiny", training_file=live.upload(), **more).id


def finish(live: Live, name: str, folder: Path) -> str:
    """Succeeded, with weights, metrics and a checkpoint; the name of its model."""
    id = job_of(name)
    for part in ("model", "adapter"):
        add_artefact(live.service, id, f"{part}/{part}.safetensors", b"weights", folder)
    add_artefact(live.service, id, "report.html", b"report", folder)
    add_metrics(live.service, id, range(1, 4), learning_rate=0.5)
    add_checkpoint(live.service, id, 2)
    add_checkpoint(live.service, id, 3)
    move(
        live.service, id, State.SUCCEEDED, result={"run": "r", "model": True, "adapter": True, "tokens": 4096}
    )
    model = live.client.fine_tuning.jobs.retrieve(name).fine_tuned_model
    assert model is not None
    return model


def test_jobs_are_paged_newest_first_and_those_of_native_routes_are_among_them(live: Live) -> None:
    names = [create(live) for _ in range(3)] + ["ftjob-" + add_job(live.service).partition("_")[2]]
    add_job(live.service, kind="plan")
    add_job(live.service, kind="dataset")
    assert [job.id for job in live.client.fine_tuning.jobs.list(limit=2)] == names[::-1]
    page = live.client.fine_tuning.jobs.list(limit=1, after=names[3])
    assert ([job.id for job in page.data], page.has_more) == ([names[2]], True)
    native = live.client.fine_tuning.jobs.retrieve(names[3])
    assert (native.model, native.training_file) == (
        "HuggingFaceTB/SmolLM2-135M",
        f"recipe:{job_of(names[3])}",
    )
    assert native.to_dict()["x_cooldown"]["job"] == job_of(names[3])


def test_lists_are_filtered_by_labels_and_by_having_none(live: Live) -> None:
    red = create(live, metadata={"team": "red", 'odd "key" [x]': "1"})
    create(live, metadata={"team": "blue"})
    none = create(live)
    jobs = live.client.fine_tuning.jobs
    assert [job.id for job in jobs.list(metadata={"team": "red"})] == [red]
    assert [job.id for job in jobs.list(metadata={'odd "key" [x]': "1", "team": "red"})] == [red]
    assert list(jobs.list(metadata={"team": "green"})) == []
    assert [job.id for job in jobs.list(extra_query={"metadata": "null"})] == [none]


def test_what_waits_is_paused_resumed_and_cancelled_at_once(live: Live) -> None:
    jobs = live.client.fine_tuning.jobs
    name = create(live)
    assert jobs.pause(name).status == "paused"
    assert jobs.resume(name).status == "queued"
    cancelled = jobs.cancel(name)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at is not None


def test_what_runs_is_running_until_it_has_really_stopped(live: Live) -> None:
    jobs = live.client.fine_tuning.jobs
    cancelled, paused = create(live), create(live)
    for name in (cancelled, paused):
        move(live.service, job_of(name), State.RUNNING)
        assert jobs.retrieve(name).status == "running"
    assert jobs.cancel(cancelled).status == "running"
    assert jobs.pause(paused).status == "pausing"


def test_an_ended_job_is_not_cancelled_and_the_client_does_not_try_again(live: Live, tmp_path: Path) -> None:
    name = create(live)
    finish(live, name, tmp_path)
    for ask in ("cancel", "pause", "resume"):
        raw = getattr(live.client.fine_tuning.jobs.with_raw_response, ask)
        with pytest.raises(openai.ConflictError) as caught:
            raw(name)
        assert caught.value.code == "job_in_wrong_state"
        assert caught.value.response.headers["x-should-retry"] == "false"
        assert caught.value.response.request.headers["x-stainless-retry-count"] == "0"


def test_a_failure_is_told_as_the_job_s_error(live: Live) -> None:
    name = create(live)
    move(live.service, job_of(name), State.FAILED)
    job = live.client.fine_tuning.jobs.retrieve(name)
    assert job.status == "failed"
    assert job.error is not None
    assert (job.error.code, job.error.message) == ("error", "it broke")
    newest = live.client.fine_tuning.jobs.list_events(name, limit=1).data[0]
    assert (newest.level, newest.message) == ("error", "Fine-tuning job failed: it broke")


def test_events_are_lines_for_people_newest_first_and_paged(live: Live) -> None:
    name = create(live)
    told: list[tuple[str, dict[str, Any]]] = [
        ("stage_started", {"stage": "harvest", "detail": "training"}),
        ("progress", {"stage": "harvest", "done": 1, "unit": "files"}),
        ("stage_finished", {"stage": "harvest", "seconds": 1.25, "cached": False, "summary": {}}),
        ("metric", {"stage": "train", "step": 3, "values": {"loss": 2.5, "learning_rate": 0.1}}),
        ("checkpoint", {"stage": "train", "step": 3, "bytes": 7}),
        ("message", {"stage": "train", "level": "warning", "text": "slow disk"}),
        ("artefact", {"stage": "train", "name": "adapter"}),
    ]
    with live.service.database.write(ALL_PROJECTS) as session:
        job = load_for_update(session, job_of(name))
        assert job is not None
        for type, data in told:
            append_event(session, job, type, data, time=datetime.now(UTC))
        job.progress = {"stage": "train", "steps": 12, "seconds_left": 60.0}
    events = list(live.client.fine_tuning.jobs.list_events(name, limit=2))
    assert [(event.level, event.message) for event in events] == [
        ("info", "Result created: adapter"),
        ("warn", "slow disk"),
        ("info", "Checkpoint created at step 3"),
        ("info", "Step 3/12: training loss=2.5000"),
        ("info", "Stage harvest finished in 1.2 s"),
        ("info", "Stage harvest started: training"),
        ("info", f"Created fine-tuning job: {name}"),
    ]
    metrics = events[3]
    assert metrics.type == "metrics"
    assert metrics.data == {"step": 3, "train_loss": 2.5, "total_steps": 12, "learning_rate": 0.1}
    assert all(event.object == "fine_tuning.job.event" for event in events)
    assert len({event.id for event in events}) == len(events)


def test_what_is_left_of_a_running_job_is_estimated(live: Live) -> None:
    name = create(live)
    move(live.service, job_of(name), State.RUNNING)
    assert live.client.fine_tuning.jobs.retrieve(name).estimated_finish is None
    with live.service.database.write(ALL_PROJECTS) as session:
        session.get_one(Job, job_of(name)).progress = {"stage": "train", "seconds_left": 3600.0}
    finish_at = live.client.fine_tuning.jobs.retrieve(name).estimated_finish
    assert finish_at is not None
    assert abs(finish_at - time.time() - 3600) < 120


def test_a_job_that_succeeded_has_its_model_checkpoints_and_metrics(live: Live, tmp_path: Path) -> None:
    name = create(live, suffix="ledger")
    model = finish(live, name, tmp_path)
    job = live.client.fine_tuning.jobs.retrieve(name)
    assert (job.status, job.trained_tokens) == ("succeeded", 4096)
    assert model == f"ft:tiny:default:ledger:{name.removeprefix('ftjob-')}"
    checkpoints = list(live.client.fine_tuning.jobs.checkpoints.list(name, limit=1))
    assert [point.step_number for point in checkpoints] == [3, 2]
    assert checkpoints[0].fine_tuned_model_checkpoint == f"{model}:ckpt-step-3"
    assert (checkpoints[0].metrics.train_loss, checkpoints[0].fine_tuning_job_id) == (2.5, name)
    (result,) = job.result_files
    file = live.client.files.retrieve(result)
    content = live.client.files.content(result).read()
    assert (file.purpose, file.bytes, file.filename) == (
        "fine-tune-results",
        len(content),
        "step_metrics.csv",
    )
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert list(rows[0])[:3] == ["step", "train_loss", "train_accuracy"]
    assert [(row["step"], row["train_loss"], row["learning_rate"]) for row in rows] == [
        ("1", "1.0", "0.5"),
        ("2", "2.0", "0.5"),
        ("3", "3.0", "0.5"),
    ]
    assert [one.id for one in live.client.files.list(purpose="fine-tune-results")] == [result]
    assert result in [one.id for one in live.client.files.list()]
    with pytest.raises(openai.ConflictError):
        live.client.files.delete(result)


def test_checkpoints_are_shared_with_nobody(live: Live, tmp_path: Path) -> None:
    name = create(live)
    point = f"{finish(live, name, tmp_path)}:ckpt-step-3"
    permissions = live.client.fine_tuning.checkpoints.permissions
    assert list(permissions.list(point)) == []
    with pytest.raises(openai.BadRequestError) as caught:
        list(permissions.create(point, project_ids=["other"]))
    assert (caught.value.code, caught.value.param) == ("unsupported_operation", "project_ids")
    for unknown in (f"{point}3", "ft:nothing", point.replace("ft:tiny", "ft:other")):
        with pytest.raises(openai.NotFoundError):
            list(permissions.list(unknown))
    with pytest.raises(openai.NotFoundError):
        permissions.delete("perm-1", fine_tuned_model_checkpoint=point)


def test_models_are_the_operator_s_and_those_that_were_made(live: Live, tmp_path: Path) -> None:
    models = live.client.models
    model = finish(live, create(live), tmp_path)
    create(live)
    assert [one.id for one in models.list()] == ["tiny", model]
    assert (models.retrieve("tiny").owned_by, models.retrieve(model).owned_by) == ("system", "default")
    for unknown in ("other", model.replace("ft:tiny", "ft:other")):
        with pytest.raises(openai.NotFoundError) as caught:
            models.retrieve(unknown)
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.PermissionDeniedError):
        models.delete("tiny")


def test_a_fine_tuned_model_is_a_base_for_the_next_job_and_stays_until_that_ends(
    live: Live, tmp_path: Path
) -> None:
    first = create(live)
    model = finish(live, first, tmp_path)
    job = live.client.fine_tuning.jobs.create(model=model, training_file=live.upload())
    assert job.model == model
    with live.service.database.read("default") as session:
        place = session.get_one(Job, job_of(job.id)).recipe["model"]
    assert Path(place, "model.safetensors").read_bytes() == b"weights"
    with pytest.raises(openai.ConflictError) as caught:
        live.client.models.delete(model)
    assert caught.value.code == "model_in_use"
    second = finish(live, job.id, tmp_path)
    assert second == f"ft:tiny:default::{job.id.removeprefix('ftjob-')}", "names do not grow"
    assert live.client.models.delete(model).deleted is True
    assert not Path(place).exists()
    assert [one.id for one in live.client.models.list()] == ["tiny", second]
    with live.service.database.read("default") as session:
        kept = session.scalars(select(Artefact.name).where(Artefact.job_id == job_of(first))).all()
    assert list(kept) == ["report.html"]


@pytest.mark.parametrize("id", ["ftjob-nothing", "ftjob-00000000000000000000000000", "job_1", "x" * 60])
def test_a_job_that_is_not_there_is_not_found(live: Live, id: str) -> None:
    jobs = live.client.fine_tuning.jobs
    for ask in (jobs.retrieve, jobs.cancel, jobs.pause, jobs.resume, jobs.list_events, jobs.checkpoints.list):
        with pytest.raises(openai.NotFoundError) as caught:
            ask(id)
        assert caught.value.code == "not_found"
        assert caught.value.request_id == caught.value.response.headers["x-request-id"]


def test_nobody_reaches_what_is_another_project_s(live: Live) -> None:
    from cooldown_api.database.tables import Project

    with live.service.database.write(ALL_PROJECTS) as session:
        session.add(Project(id="other", name="other", weight=1.0, created_at=datetime.now(UTC)))
    name = "ftjob-" + add_job(live.service, "other").partition("_")[2]
    move(live.service, job_of(name), State.SUCCEEDED)
    body = name.removeprefix("ftjob-")
    jobs = live.client.fine_tuning.jobs
    with live.service.database.write("other") as session:
        session.add(
            Artefact(
                job_id=job_of(name),
                name="model/x",
                bytes=1,
                sha256="0",
                media_type="x",
                created_at=datetime.now(UTC),
            )
        )
    asks = [
        lambda: jobs.retrieve(name),
        lambda: jobs.cancel(name),
        lambda: jobs.list_events(name),
        lambda: jobs.checkpoints.list(name),
        lambda: live.client.files.retrieve(f"file-{body}"),
        lambda: live.client.files.content(f"file-{body}"),
        lambda: live.client.models.retrieve(f"ft:HuggingFaceTB/SmolLM2-135M:other:small:{body}"),
        lambda: live.client.models.delete(f"ft:HuggingFaceTB/SmolLM2-135M:other:small:{body}"),
    ]
    for ask in asks:
        with pytest.raises(openai.NotFoundError):
            ask()
    assert list(jobs.list()) == []
    assert list(live.client.files.list()) == []
    assert [one.id for one in live.client.models.list()] == ["tiny"]


@pytest.mark.parametrize("cursor", ["x", "ftjob-1", "ckpt_00000000000000000000000000", "file-\0"])
def test_a_cursor_that_is_none_is_refused(live: Live, cursor: str) -> None:
    jobs = live.client.fine_tuning.jobs
    name = create(live)
    for ask in (
        lambda: jobs.list(after=cursor),
        lambda: live.client.files.list(after=cursor),
        lambda: jobs.list_events(name, after=cursor),
        lambda: jobs.checkpoints.list(name, after=cursor),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            ask()
        assert caught.value.param == "after"


async def _by_the_asynchronous_client(live: Live) -> None:
    async with AsyncOpenAI(base_url=f"{live.url}/v1", api_key="none") as client:
        content = json.dumps({"text": "hello"}).encode()
        upload = await client.uploads.upload_file_chunked(
            file=content,
            filename="t.jsonl",
            bytes=len(content),
            mime_type="application/jsonl",
            purpose="fine-tune",
            part_size=5,
        )
        assert upload.file is not None
        job = await client.fine_tuning.jobs.create(
            model="tiny", training_file=upload.file.id, metadata={"a": "b"}
        )
        assert [one.id async for one in client.fine_tuning.jobs.list(metadata={"a": "b"})] == [job.id]
        assert (await client.fine_tuning.jobs.pause(job.id)).status == "paused"
        assert (await client.fine_tuning.jobs.cancel(job.id)).status == "cancelled"
        events = [event.message async for event in client.fine_tuning.jobs.list_events(job.id, limit=1)]
        assert len(events) == 3
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("other")


def test_the_asynchronous_client_does_the_same(live: Live) -> None:
    import asyncio

    asyncio.run(_by_the_asynchronous_client(live))


def test_webhooks_are_what_the_client_unwraps(live: Live, tmp_path: Path) -> None:
    secret = new_secret()
    with live.service.database.write("default") as session:
        session.add(
            Webhook(
                id="hook_1",
                name="w",
                url="https://hooks.example/x",
                event_types=["fine_tuning.*"],
                secret="encrypted",
                created_by="local",
                created_at=datetime.now(UTC),
            )
        )
    name = create(live)
    finish(live, name, tmp_path)
    with live.service.database.read("default") as session:
        (delivery,) = session.scalars(select(Delivery)).all()
    body = body_of(delivery.body)
    headers = signed_headers(delivery.id, int(time.time()), body, [secret])
    event = live.client.webhooks.unwrap(body, headers, secret=secret)
    assert event.type == "fine_tuning.job.succeeded"
    assert live.client.fine_tuning.jobs.retrieve(event.data.id).id == name
    with pytest.raises(openai.InvalidWebhookSignatureError):
        live.client.webhooks.unwrap(body.replace(b"succeeded", b"failed"), headers, secret=secret)
