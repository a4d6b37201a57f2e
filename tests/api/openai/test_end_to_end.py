"""The official client against a live server with a real worker, over a short real training run."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cooldown_api.settings import Settings
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

import worker_process
from cooldown_kit.documents import read_documents
from live_server import live_api

from .conftest import Live

QUICK: dict[str, Any] = {
    "mix": {"sequence_length": 64},
    "train": {"batch_sequences": 2, "lora": {"rank": 4}, "checkpoint_every": 2},
    "evaluate": {"tokens_per_kind": 1000, "generations": 0},
    "holdout": {"undated": 0.2},
}
"""A few steps of a tiny model: seconds."""
SECONDS = 420


def chats(count: int = 60) -> bytes:
    """Conversations that are all different."""
    rows = []
    for number in range(count):
        answer = f"On day {number} the accounts {number * 3} to {number * 3 + 2} are settled, and {number * number} cents are due."
        rows.append(
            {
                "messages": [
                    {"role": "system", "content": "You keep the ledger of a small bank."},
                    {"role": "user", "content": f"What is due on day {number}?"},
                    {"role": "assistant", "content": answer},
                ]
            }
        )
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def merged(*options: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in options:
        for key, value in one.items():
            found[key] = {**found.get(key, {}), **value} if isinstance(value, dict) else value
    return found


@pytest.fixture
def allowed(tmp_path: Path) -> Path:
    """Folder of a git repository with some history, which the operator lets recipes read."""
    folder = tmp_path / "repositories" / "billing"
    folder.mkdir(parents=True)
    environment = {
        **os.environ,
        **{
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "Ann"), ("EMAIL", "ann@bank.example"))
        },
    }

    def git(*arguments: str, day: int = 1) -> None:
        dates = {f"GIT_{who}_DATE": f"2026-01-{day:02d}T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
        subprocess.run(
            ["git", "-C", folder, *arguments], check=True, capture_output=True, env={**environment, **dates}
        )

    git("init", "-q", "-b", "main")
    library = Path(sysconfig.get_path("stdlib"))
    for day, module in enumerate(
        ("bisect", "heapq", "queue", "sched", "shelve", "textwrap", "glob", "fnmatch"), 1
    ):
        (folder / f"{module}.py").write_text((library / f"{module}.py").read_text(encoding="utf-8"))
        git("add", ".")
        git("commit", "-q", "-m", f"Add {module}, which the billing run needs on day {day}", day=day)
    return folder


@pytest.fixture
def working(
    make_settings: Callable[..., Settings], tiny_model: Path, allowed: Path, tmp_path: Path
) -> Iterator[Live]:
    """A live server, and a worker that is a process of its own."""
    settings = make_settings(
        models={"tiny": str(tiny_model)},
        sources={"roots": [allowed.parent]},
        worker={"poll_seconds": 0.1, "gpus": "none", "retry_seconds": 0.1},
    )
    log = tmp_path / "worker.log"
    with live_api(settings) as (url, service), OpenAI(base_url=f"{url}/v1", api_key="none") as client:
        worker = worker_process.start(settings, log, real=True)
        try:
            yield Live(url, service, client)
        finally:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)


def wait(live: Live, name: str, *statuses: str) -> FineTuningJob:
    """Poll as people's scripts do."""
    end = time.monotonic() + SECONDS
    while True:
        job = live.client.fine_tuning.jobs.retrieve(name)
        if job.status in statuses:
            return job
        events = live.client.fine_tuning.jobs.list_events(name, limit=20).data
        told = [event.message for event in events]
        assert job.status not in ("failed", "cancelled", "succeeded"), (job.status, job.error, told)
        assert time.monotonic() < end, (job.status, told)
        time.sleep(0.2)


def test_from_an_uploaded_file_to_a_downloaded_result(working: Live) -> None:
    client = working.client
    file = client.files.create(file=("chats.jsonl", chats()), purpose="fine-tune")
    assert client.files.wait_for_processing(file.id).status == "processed"
    job = client.fine_tuning.jobs.create(
        model="tiny",
        training_file=file.id,
        suffix="ledger",
        seed=3,
        metadata={"team": "ledger"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 2}}},
        extra_body={"recipe": merged(QUICK, {"train": {"batch_sequences": 2}})},
    )
    assert job.status == "queued"
    done = wait(working, job.id, "succeeded")
    assert done.fine_tuned_model == f"ft:tiny:default:ledger:{job.id.removeprefix('ftjob-')}"
    assert done.trained_tokens
    assert done.finished_at is not None

    events = list(client.fine_tuning.jobs.list_events(job.id, limit=10))
    assert events[0].message == "The job has successfully completed"
    assert events[-1].message == f"Created fine-tuning job: {job.id}"
    metrics = [event for event in events if event.type == "metrics" and "train_loss" in event.data]  # type: ignore[operator]
    assert len(metrics) >= 4

    points = list(client.fine_tuning.jobs.checkpoints.list(job.id))
    assert points
    assert points[0].step_number > 0
    rows = list(csv.DictReader(io.StringIO(client.files.content(done.result_files[0]).read().decode())))
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1))
    assert all(float(row["train_loss"]) > 0 for row in rows)

    assert done.fine_tuned_model in [model.id for model in client.models.list()]
    artefacts = client.get(f"/jobs/{job.id.replace('ftjob-', 'job_')}/artefacts", cast_to=dict)  # type: ignore[type-var]
    names = {item["name"] for item in artefacts["data"]}
    assert "report.html" in names
    assert any(name.startswith("adapter/") for name in names)


def test_the_example_s_script_trains_what_the_assistant_says_and_nothing_else(
    working: Live, tmp_path: Path
) -> None:
    (tmp_path / "chats.jsonl").write_bytes(chats(20))
    options = [
        "mix.sequence_length=64",
        "train.lora.rank=4",
        "evaluate.tokens_per_kind=1000",
        "evaluate.generations=0",
    ]
    script = Path(__file__).parents[3] / "examples" / "openai_client" / "fine_tune.py"
    result = subprocess.run(
        [
            *(sys.executable, script, "tiny", "chats.jsonl", "--epochs", "2", "--suffix", "ledger"),
            *(word for option in options for word in ("--option", option)),
        ],
        cwd=tmp_path,
        env={**os.environ, "OPENAI_BASE_URL": f"{working.url}/v1", "OPENAI_API_KEY": "none"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Created fine-tuning job: ftjob-" in result.stdout
    assert "ft:tiny:default:ledger:" in result.stdout
    made = {path.relative_to(tmp_path / "result").as_posix() for path in (tmp_path / "result").rglob("*")}
    assert {"metrics.csv", "report.html", "adapter/adapter_model.safetensors"} <= made

    workspace = working.service.settings.project_dir("default") / "workspace"
    (rendered,) = workspace.glob("stages/render/*/documents.parquet")
    documents = list(read_documents(rendered))
    assert len(documents) == 20
    for document in documents:
        (trained,) = [segment.text for segment in document.segments if segment.trained]
        assert trained.startswith(" On day ")


def test_paused_it_frees_its_place_and_resumed_it_goes_on_from_its_checkpoint(working: Live) -> None:
    jobs = working.client.fine_tuning.jobs
    file = working.client.files.create(file=("chats.jsonl", chats(100)), purpose="fine-tune")
    long = merged(QUICK, {"mix": {"tokens": "4k"}, "train": {"batch_sequences": 1}})
    job = jobs.create(model="tiny", training_file=file.id, extra_body={"recipe": long})
    until = time.monotonic() + SECONDS
    while not jobs.checkpoints.list(job.id).data:
        assert jobs.retrieve(job.id).status in ("queued", "running")
        assert time.monotonic() < until
        time.sleep(0.05)
    assert jobs.pause(job.id).status == "pausing"
    wait(working, job.id, "paused")
    stopped_at = max(point.step_number for point in jobs.checkpoints.list(job.id, limit=100))
    assert jobs.resume(job.id).status == "queued"
    done = wait(working, job.id, "succeeded")
    rows = list(
        csv.DictReader(io.StringIO(working.client.files.content(done.result_files[0]).read().decode()))
    )
    assert [int(row["step"]) for row in rows] == list(range(1, len(rows) + 1)), "every step once"
    assert len(rows) > stopped_at


def test_from_a_git_repository_by_extra_body(working: Live, allowed: Path) -> None:
    job = working.client.fine_tuning.jobs.create(
        model="tiny",
        training_file="repos://",
        extra_body={
            "repositories": [{"path": str(allowed), "ref": "main", "take": ["commits", "files"]}],
            "mixture": {"tokens": "2k", "sequence_length": 64},
            "recipe": {key: value for key, value in QUICK.items() if key != "mix"},
        },
    )
    done = wait(working, job.id, "succeeded")
    assert done.trained_tokens
    assert done.trained_tokens >= 2000


def test_from_a_dataset_by_its_reference(working: Live, allowed: Path) -> None:
    client = working.client
    recipe = {
        "name": "code",
        "model": str(working.service.settings.models["tiny"]),
        "goal": "code",
        "sources": {"code": {"connector": "git", "path": str(allowed), "take": ["files"]}},
        "mix": {"shares": {"code": {"code": 1}}},
        "holdout": {"newest": 0.25},
    }
    made = client.post("/datasets", body={"name": "billing", "recipe": recipe}, cast_to=dict)  # type: ignore[type-var]
    end = time.monotonic() + SECONDS
    while (dataset := client.get("/datasets/billing@v1", cast_to=dict))["state"] == "building":  # type: ignore[type-var]
        assert time.monotonic() < end
        time.sleep(0.2)
    assert dataset["state"] == "ready", made
    job = client.fine_tuning.jobs.create(
        model="tiny",
        training_file="dataset:billing@v1",
        extra_body={"recipe": {**merged(QUICK, {"mix": {"tokens": "2k"}}), "holdout": recipe["holdout"]}},
    )
    assert job.training_file == "dataset:billing@v1"
    assert wait(working, job.id, "succeeded").trained_tokens
