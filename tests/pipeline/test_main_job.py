"""The main job, end to end, with a real repository, a real (tiny) model, and the real command line."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import cooldown_kit as ck
from cooldown_kit.documents import read_documents
from cooldown_kit.events import Artefact, Event, Metric, Progress, StageFinished, decode
from cooldown_kit.lineage import trace
from cooldown_kit.run_folder import RunFolder
from cooldown_kit.samples import STAGES, samples
from cooldown_kit.workspace import locked

STAGE_NAMES = {"harvest", "render", "curate", "tokenise", "mix", "evaluate", "train"}


def finished(events: list[Event]) -> dict[str, bool]:
    """Stage and detail → whether its output was found."""
    return {f"{e.stage} {e.detail}".strip(): e.cached for e in events if isinstance(e, StageFinished)}


def test_one_command_gives_a_cooled_down_model_with_evidence_and_a_report(project: Any) -> None:
    events: list[Event] = []
    recipe = ck.Recipe.load(project.recipe)
    result = ck.run(recipe, on_event=events.append)

    assert {name.split()[0] for name in finished(events)} >= STAGE_NAMES
    assert result.worked
    rows = {row.kind: row for row in result.evidence.rows}
    assert {"commit", "code", "text"} <= set(rows)
    assert all(row.after < row.before for row in rows.values()), (
        "a tiny random model learns something from anything"
    )
    assert "commit" in result.evidence.table()

    report = result.report_path.read_text()
    assert "plotly" in report
    assert result.run_path.name in report or recipe.name in report
    card = (result.model_path / "README.md").read_text()
    assert card.startswith("---\n")
    assert ck.Recipe.parse((result.run_path / "recipe.yaml").read_text(), folder=recipe.folder) == recipe

    logged = [decode(line) for line in (result.run_path / "events.jsonl").read_text().splitlines()]
    assert {event.run for event in logged} == {result.run_path.name}
    steps = [event.step for event in logged if isinstance(event, Metric) and "loss" in event.values]
    assert steps == list(range(1, len(steps) + 1))
    assert {event.name for event in logged if isinstance(event, Artefact)} >= {"model", "report"}
    assert any(isinstance(event, Progress) for event in events)

    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(result.model_path)
    model = AutoModelForCausalLM.from_pretrained(result.model_path)
    prompt = tokenizer("def step", return_tensors="pt")
    assert (
        model.generate(**prompt, max_new_tokens=4, do_sample=False).shape[1]
        == prompt["input_ids"].shape[1] + 4
    )


def test_an_unchanged_recipe_does_no_work_and_says_so(project: Any) -> None:
    status, _, err = project.cooldown("run")
    assert status == 0, err
    made = [p for part in ("runs", "stages") for p in (project.workspace / part).rglob("*") if p.is_file()]
    before = {p: p.stat().st_mtime_ns for p in made if p.suffix != ".lock"}
    status, out, err = project.cooldown("run")
    assert status == 0, err
    assert "Nothing to do" in out
    assert before == {p: p.stat().st_mtime_ns for p in before}
    code = "import sys; from cooldown_kit.cli.main import call; call(['run', '-q']); sys.exit('torch' in sys.modules)"
    assert (
        subprocess.run(
            [sys.executable, "-c", code], cwd=project.folder, env=os.environ, check=False
        ).returncode
        == 0
    )


def test_a_changed_share_mixes_again_but_tokenises_nothing(project: Any) -> None:
    ck.plan(ck.Recipe.load(project.recipe))
    project.edit("{code.commits: 25%, code.files: 25%}", "{code.commits: 40%, code.files: 10%}")
    events: list[Event] = []
    ck.run(ck.Recipe.load(project.recipe), on_event=events.append)
    found = finished(events)
    assert found["tokenise"]
    assert not found["mix"]


def test_new_commits_change_the_run_and_new_text_leaves_the_repository_alone(project: Any) -> None:
    first = ck.run(ck.Recipe.load(project.recipe))
    (project.folder / "handbook" / "new.md").write_text(
        "# New\n\nA page that was not there before, with enough words.\n"
    )
    events: list[Event] = []
    second = ck.run(ck.Recipe.load(project.recipe), on_event=events.append)
    found = finished(events)
    assert second.run_path != first.run_path
    assert found["harvest code"] and not found["harvest book"]
    assert first.report_path.exists()


def test_held_out_documents_and_their_duplicates_never_reach_training(project: Any) -> None:
    newest = project.folder / "repository" / "src" / "module_5.py"
    (project.folder / "handbook" / "copy.md").write_text(newest.read_text())
    project.commit("src/copy_of_newest.py", newest.read_text(), "Copy the newest module", day=2)
    result = ck.run(ck.Recipe.load(project.recipe))
    run = RunFolder.open(result.run_path)
    documents = list(read_documents(run.stage("curate") / "documents.parquet"))
    heldout = {d.content_hash for d in documents if d.split == "heldout"}
    in_training = {p.document for i in range(run.summary("mix")["rows"]) for p in trace(run, i)}
    assert heldout
    assert in_training
    assert not heldout & {d.content_hash for d in documents if d.id in in_training}


def test_every_sequence_leads_to_commits_and_files_of_the_repository(project: Any) -> None:
    result = ck.run(ck.Recipe.load(project.recipe))
    run = RunFolder.open(result.run_path)
    head = project.git("rev-parse", "HEAD").strip()
    commits = set(project.git("log", "--format=%H").split())
    files = set(project.git("ls-files").split())
    for sequence in range(0, run.summary("mix")["rows"], 7):
        for piece in trace(run, sequence):
            if piece.kind == "commit":
                assert piece.revision in commits
            elif piece.kind == "code":
                assert piece.revision == head
                assert piece.path in files
            else:
                assert (project.folder / "handbook" / Path(str(piece.path)).name).exists()
    status, out, err = project.cooldown("trace", "latest", "--sequence", "3", "--json")
    assert status == 0, err
    assert [p["document"] for p in json.loads(out)] == [p.document for p in trace(run, 3)]
    status, out, err = project.cooldown("trace", result.run_path.name[:8], "--sequence", "3", "--text")
    assert status == 0, err
    assert "tokens" in out or "whole" in out
    status, _, err = project.cooldown("trace", "latest", "--sequence", "99999")
    assert status == 2
    assert "give a number from 0 to" in err


def test_inspect_shows_samples_of_each_stage(project: Any) -> None:
    result = ck.run(ck.Recipe.load(project.recipe))
    run = RunFolder.open(result.run_path)
    for stage in STAGES:
        found = samples(run, stage, count=2)
        assert stage in ("skipped", "rejects") or len(found) == 2, stage
        assert found == samples(run, stage, count=2), "the same seed draws the same samples"
    status, out, err = project.cooldown("inspect", "--stage", "documents", "-n", "1", "--source", "book")
    assert status == 0, err
    assert "The rule of page" in out
    status, _, err = project.cooldown("inspect", "--stage", "document")
    assert status == 2
    assert "use one of" in err


def test_plan_says_what_a_run_will_do_and_run_does_it(project: Any) -> None:
    status, out, err = project.cooldown("plan", "--json")
    assert status == 0, err
    plan = json.loads(out)
    assert not (project.workspace / "runs").exists() or not list((project.workspace / "runs").iterdir())
    result = ck.run(ck.Recipe.load(project.recipe))
    mixture = RunFolder.open(result.run_path).summary("mix")
    assert plan["tokens"] == mixture["tokens"] == 8192
    assert plan["sequences"] == mixture["rows"]
    assert plan["steps"] == len(
        (RunFolder.open(result.run_path).stage("train") / "history.jsonl").read_text().splitlines()
    )
    for planned, made in zip(plan["shares"], mixture["sources"], strict=True):
        assert planned["epochs"] == pytest.approx(made["epochs"], rel=0.05)
        assert abs(made["share_attained"] - planned["share"]) < 1 / mixture["rows"]
    assert plan["seconds"] > 0
    assert plan["memory_bytes"]["total"] > 0
    status, out, err = project.cooldown("plan")
    assert status == 0, err
    for words in ("code.commits", "epochs", "learning rate", "memory", "time"):
        assert words in out


def test_raw_records_lie_in_folders_that_only_their_owner_can_read(project: Any) -> None:
    result = ck.run(ck.Recipe.load(project.recipe))
    for output in RunFolder.open(result.run_path).stages_of("harvest").values():
        assert stat.S_IMODE(Path(output["path"]).stat().st_mode) == 0o700


def test_the_same_recipe_in_another_workspace_makes_the_same_mixture_and_the_same_weights(
    project: Any,
) -> None:
    first = ck.run(ck.Recipe.load(project.recipe))
    second = ck.run(ck.Recipe.load(project.recipe, ["workspace=other"]))
    one, other = RunFolder.open(first.run_path), RunFolder.open(second.run_path)
    assert one.summary("mix")["fingerprint"] == other.summary("mix")["fingerprint"]
    for run in (one, other):
        assert pa.ipc.open_stream(pa.memory_map(str(run.stage("mix") / "rows.arrow"))).read_all().num_rows
    assert (first.model_path / "model.safetensors").read_bytes() == (
        second.model_path / "model.safetensors"
    ).read_bytes()


def test_init_writes_a_recipe_that_plans(project: Any, tiny_model: Path) -> None:
    status, out, err = project.cooldown(
        "init",
        "-o",
        "new.yaml",
        "-r",
        "repository",
        "-t",
        "handbook",
        "-m",
        str(tiny_model),
        "--goal",
        "code",
        "--tokens",
        "4k",
    )
    assert status == 0, err
    assert "cooldown plan new.yaml" in out
    status, out, err = project.cooldown(
        "plan", "new.yaml", "--set", "mix.sequence_length=64", "--set", "mix.max_epochs=1000"
    )
    assert status == 0, err
    assert "repository.commits" in out
    status, _, err = project.cooldown("init", "-o", "new.yaml", "-r", "repository", "-m", "x")
    assert status == 2
    assert "--force" in err


def test_clean_lists_and_frees_what_nothing_uses(project: Any) -> None:
    result = ck.run(ck.Recipe.load(project.recipe))
    status, out, err = project.cooldown("clean")
    assert status == 0, err
    assert result.run_path.name in out
    status, out, err = project.cooldown("clean", "--run", result.run_path.name)
    assert status == 0, err
    status, out, err = project.cooldown("clean", "--unused")
    assert status == 0, err
    assert "removed" in out
    left = [p for p in (project.workspace / "stages").glob("*/*") if p.is_dir() and p.parent.name != "model"]
    assert not left


def test_clean_removes_nothing_that_a_run_is_working_on(project: Any) -> None:
    result = ck.run(ck.Recipe.load(project.recipe))
    run = RunFolder.open(result.run_path)
    with locked(run.lock, what="the test"):
        for arguments in (["--run", result.run_path.name], ["--unused"]):
            (project.workspace / "stages" / "mix" / "left-behind").mkdir(exist_ok=True)
            status, _, err = project.cooldown("clean", *arguments)
            assert status == 4
            assert "nothing was removed" in err
        status, out, _ = project.cooldown("clean")
        assert status == 0
        assert "in use" in out
    assert result.report_path.exists()
    status, out, err = project.cooldown("clean", "--unused")
    assert status == 0, err
    assert not (project.workspace / "stages" / "mix" / "left-behind").exists()
    assert result.report_path.exists()


def test_a_program_is_told_where_the_results_are_also_when_nothing_was_done(project: Any) -> None:
    for _ in range(2):
        status, out, err = project.cooldown("run", "--json")
        assert status == 0, err
        told = [decode(line) for line in out.splitlines()]
        places = {
            event.name: event.path for event in told if isinstance(event, Artefact) and event.stage == "run"
        }
        assert {"model", "report"} <= set(places)
        assert all(Path(place).exists() for place in places.values())


def test_one_run_is_worked_on_by_one_process(project: Any) -> None:
    events: list[Event] = []

    def second(event: Event) -> None:
        events.append(event)
        if isinstance(event, StageFinished) and event.stage == "mix":
            status, _, err = project.cooldown("run")
            assert status == 4
            assert "is being worked on by another run" in err

    ck.run(ck.Recipe.load(project.recipe), on_event=second)
    assert "mix" in finished(events)
