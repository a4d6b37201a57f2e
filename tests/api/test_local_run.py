"""A whole training through ``Client.local()`` and `cooldown jobs`: plan, job, events, report, artefacts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cooldown_kit import Client
from cooldown_kit.cli import main as cli

RECIPE = """\
name: small
model: model
sources:
  book: {connector: text, path: "handbook/*.md"}
holdout: {undated: 25%}
mix: {tokens: 4k, sequence_length: 64, max_epochs: 1000, shares: {text: {book: 100%}}}
train: {method: full, learning_rate: 1e-3, batch_sequences: 4, device: cpu}
evaluate: {tokens_per_kind: 1k, max_document_tokens: 200, generations: 1, generation_tokens: 4, resamples: 100}
"""


def test_a_plan_that_was_shown_becomes_a_model(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COOLDOWN_URL", raising=False)
    project = tmp_path / "project"
    (project / "handbook").mkdir(parents=True)
    (project / "model").symlink_to(tiny_model)
    for number in range(24):
        text = " ".join(
            f"Step {n} of page {number}: check the ledger, then post the invoice." for n in range(12)
        )
        (project / f"handbook/{number}.md").write_text(f"# Page {number}\n\n{text}\n")
    (project / "recipe.yaml").write_text(RECIPE)
    monkeypatch.chdir(tmp_path)  # paths in the recipe are relative to its own folder

    with Client.local(worker={"poll_seconds": 0.2}) as client:
        plan = client.plans.create("project/recipe.yaml").wait(timeout=400)
        assert plan.result is not None and plan.result.plan
        events = []
        job = client.jobs.create(plan=plan, metadata={"team": "search"})
        job.wait(timeout=400, on_event=events.append)
        assert [event.id for event in events] == list(range(1, len(events) + 1))
        assert [event.id for event in job.events()] == [event.id for event in events]
        assert job.succeeded and job.result is not None and job.result.report and job.plan == plan.id
        series = job.metrics()
        assert series.to_columns()["loss"][-1] < series.to_columns()["loss"][0]
        assert "<html" in job.report(tmp_path / "report.html")
        names = {artefact.name for artefact in job.artefacts()}
        files = job.download(tmp_path / "out")
        assert {str(file.relative_to(tmp_path / "out")) for file in files} == names and "report.html" in names
        assert {node.kind for node in job.lineage().nodes} >= {"source", "mixture", "model"}

        with monkeypatch.context() as on_socket:
            on_socket.setenv("COOLDOWN_URL", client.base_url)
            assert cli.call(["jobs", "watch", "latest"]) == 0
            said = capsys.readouterr()
            assert f"{job.id} succeeded" in said.out and "✓ train" in said.err
            assert cli.call(["jobs", "list", "--json", "--label", "team=search"]) == 0
            assert json.loads(capsys.readouterr().out)["id"] == job.id
            assert cli.call(["jobs", "metrics", job.id]) == 0
            assert "loss" in capsys.readouterr().out.splitlines()[0]
