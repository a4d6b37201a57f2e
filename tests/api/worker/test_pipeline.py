"""The real pipeline with a tiny model through a worker: to its end, paused and resumed, killed and continued, with the same weights."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Artefact, Checkpoint
from cooldown_api.jobs.standing import find_standing
from cooldown_api.jobs.submit import NewJob, submit
from cooldown_api.settings import Settings
from sqlalchemy import select

import ray_cluster
from cooldown_kit.client.states import State
from cooldown_kit.client.wire import JobResult, Lineage
from cooldown_kit.engine import local
from cooldown_kit.workspace import digest_of_file

RECIPE = """\
name: small
model: {folder}/model
sources:
  book: {{connector: text, path: "{folder}/handbook/**/*.md"}}
holdout: {{undated: 25%}}
mix: {{tokens: 60k, sequence_length: 64, max_epochs: 1000, shares: {{text: {{book: 100%}}}}}}
train: {{method: full, learning_rate: 1e-3, batch_sequences: 4, device: cpu, checkpoint_every: 5}}
evaluate: {{tokens_per_kind: 2k, max_document_tokens: 200, generations: 1, generation_tokens: 8, resamples: 200}}
"""


@pytest.fixture
def recipe(tmp_path: Path, tiny_model: Path) -> dict[str, Any]:
    import shutil

    folder = tmp_path / "inputs"
    shutil.copytree(tiny_model, folder / "model")
    (folder / "handbook").mkdir()
    for i in range(24):
        (folder / "handbook" / f"page_{i}.md").write_text(
            f"# Page {i}\n\n" + f"The rule of page {i} is to read it before you act on it.\n" * (i + 3)
        )
    made: dict[str, Any] = yaml.safe_load(RECIPE.format(folder=folder))
    return made


@pytest.fixture
def real(fleet: Any, make_settings: Callable[..., Settings], tmp_path: Path) -> Iterator[Any]:
    """The fleet with children that are the real ones; they may read the test's inputs."""
    fleet.command = local.command
    fleet.settings = make_settings(
        worker={**fleet.settings.worker.model_dump(), "grace_seconds": 60, "poll_seconds": 0.2, "slots": 1},
        sources={"roots": [str(tmp_path / "inputs")]},
    )
    yield fleet


def submit_recipe(fleet: Any, recipe: dict[str, Any], project: str = "alpha", **more: Any) -> str:
    new = {
        "kind": "run", "name": "small", "recipe": recipe, "priority": 50, "gpus": 0, "executor": "local",
        "max_attempts": 3, "max_duration_seconds": 3600, "created_by": "test", **more,
    }  # fmt: skip
    with fleet.database.write(ALL_PROJECTS) as session:
        standing = find_standing(fleet.database, session, project)
        return submit(session, standing, NewJob(**new)).id


def weights(fleet: Any, id: str, project: str) -> str:
    return digest_of_file(Path(fleet.settings.artefacts_url) / project / id / "model" / "model.safetensors")


def step_of(fleet: Any, id: str) -> int:
    return int((fleet.job(id).progress or {}).get("step", 0))


# it takes a minute of training, and says nothing of one database that it does not say of the other
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.timeout(600)
def test_a_run_that_was_paused_and_one_whose_child_was_killed_end_with_the_weights_of_an_undisturbed_one(
    real: Any, recipe: dict[str, Any]
) -> None:
    with real.worker():
        plain = submit_recipe(real, recipe, "alpha")
        job = real.wait(plain, seconds=200)
        assert job.state == "succeeded", real.told(plain)
        _check_result(real, plain)

        # another project has another workspace: everything is done again
        other = submit_recipe(real, recipe, "beta")
        real.until(lambda: step_of(real, other) >= 7, 200, lambda: real.told(other))
        real.ask(other, "pause")
        assert real.wait(other, State.PAUSED, State.SUCCEEDED).state == "paused"
        paused_at = step_of(real, other)
        real.ask(other, "resume")
        real.until(lambda: step_of(real, other) > paused_at + 6, 200, lambda: real.told(other))
        os.kill(real.child(other).pid, signal.SIGKILL)
        job = real.wait(other, seconds=200)
    assert job.state == "succeeded" and job.attempt == 3 and job.failures == 1, real.told(other)
    texts = [str(event.data.get("text")) for event in real.events(other)]
    continued = [text for text in texts if text.startswith("continues after step")]
    assert len(continued) == 2, "after the pause and after the kill"
    assert weights(real, other, "beta") == weights(real, plain, "alpha")


# what is special about it is the way to the cluster and back, and none of that is the database's
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.ray
@pytest.mark.timeout(600)
def test_a_ray_cluster_trains_the_model_that_the_worker_itself_trains(
    real: Any, recipe: dict[str, Any], cluster: dict[str, str], monkeypatch: Any
) -> None:
    recipe["mix"]["tokens"] = "20k"
    for name, value in cluster.items():
        if name.startswith("RAY_"):
            monkeypatch.setenv(name, value)
    fleet = real.with_worker(ray_address=cluster["address"], executors=["local", "ray"])
    with fleet.worker():
        there = submit_recipe(fleet, recipe, "alpha", executor="ray")
        job = fleet.wait(there, seconds=300)
        assert (job.state, job.attempt, job.failures) == ("succeeded", 1, 0), fleet.told(there)
        # another project has another workspace: everything is done again
        here = submit_recipe(fleet, recipe, "beta", executor="local")
        assert fleet.wait(here, seconds=200).state == "succeeded", fleet.told(here)
    assert f"{there}-1" in {id for id, status in ray_cluster.jobs(cluster).items() if status == "SUCCEEDED"}
    assert [attempt.executor for attempt in fleet.attempts(there)] == ["ray"]
    _check_result(fleet, there)
    assert losses(fleet, there) == losses(fleet, here) != []
    assert weights(fleet, there, "alpha") == weights(fleet, here, "beta")


def losses(fleet: Any, id: str) -> list[tuple[int, float]]:
    return [(e.data["step"], e.data["values"]["loss"]) for e in fleet.events(id) if e.type == "metric"]


def _check_result(fleet: Any, id: str) -> None:
    job = fleet.job(id)
    result = JobResult.model_validate(job.result)
    assert result.model and result.report and result.tokens and result.run
    assert {row.name for row in result.evidence} == {"page"} or result.evidence
    lineage = Lineage.model_validate({"job": id, **job.result["lineage"]})
    ids = {node.id for node in lineage.nodes}
    assert {"source:book", "documents", "mixture", "base_model", "job", "model", "evidence"} <= ids
    assert all(edge.source in ids and edge.target in ids for edge in lineage.edges)
    assert all(node.digest for node in lineage.nodes if node.kind != "job")
    with fleet.database.read(ALL_PROJECTS) as session:
        names = set(session.scalars(select(Artefact.name).where(Artefact.job_id == id)))
        checkpoints = list(session.scalars(select(Checkpoint).where(Checkpoint.job_id == id)))
    assert {"report.html", "recipe.yaml", "run.json", "events.jsonl", "evidence/evidence.json"} <= names
    assert "model/model.safetensors" in names
    assert checkpoints and all(row.removed_at for row in checkpoints), "the export took their place"


@pytest.mark.timeout(300)
def test_what_the_policy_refuses_is_refused_in_the_child_too(
    real: Any, recipe: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "secret.md").write_text("not for everybody")
    recipe["sources"]["book"]["path"] = str(tmp_path / "secret.md")
    id = submit_recipe(real, recipe)
    with real.worker():
        job = real.wait(id, seconds=100)
    assert (job.state, job.reason, job.attempt) == ("failed", "refused", 1)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(300)
def test_a_plan_keeps_its_documents_for_a_job_that_runs_what_was_shown(
    real: Any, recipe: dict[str, Any]
) -> None:
    id = submit_recipe(real, recipe, kind="plan")
    with real.worker():
        job = real.wait(id, seconds=200)
        assert job.state == "succeeded", real.told(id)
        plan = job.result["plan"]
        assert plan["steps"] and plan["cost"]["gpu_hours"] == 0
        assert (Path(plan["dataset"]) / "documents.parquet").is_file()
        pinned = {**recipe, "dataset": plan["dataset"]}
        run = submit_recipe(real, pinned, plan_id=id)
        assert real.wait(run, seconds=200).state == "succeeded", real.told(run)
    kinds = {node["kind"] for node in real.job(run).result["lineage"]["nodes"]}
    assert {"dataset", "source", "model"} <= kinds
