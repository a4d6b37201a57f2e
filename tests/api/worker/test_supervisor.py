"""A job's way through a worker: to its end, through failures, wishes and limits."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from typing import Any

import pytest
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Artefact, Checkpoint, Dataset, Metric
from sqlalchemy import select

from cooldown_kit.client.states import Reason, State
from cooldown_kit.engine import process
from ledger_child import content_of


def test_a_job_runs_to_its_end_and_everything_it_told_is_there_once(fleet: Any) -> None:
    id = fleet.submit(steps=4, request_id="req_1")
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.reason, job.attempt, job.failures) == ("succeeded", "finished", 1, 0)
    assert [state for state, _ in fleet.states(id)] == ["queued", "starting", "running", "succeeded"]
    events = fleet.events(id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.data["step"] for event in events if event.type == "metric"] == [1, 2, 3, 4]
    assert (job.progress["step"], job.progress["steps"]) == (4, 4)
    with fleet.database.read(ALL_PROJECTS) as session:
        assert len(session.scalars(select(Metric).where(Metric.job_id == id)).all()) == 4
        checkpoints = session.scalars(select(Checkpoint).order_by(Checkpoint.step)).all()
        assert [(c.step, c.removed_at is None) for c in checkpoints] == [
            (1, False),
            (2, False),
            (3, True),
            (4, True),
        ]
    lines = [json.loads(line) for line in fleet.log(id)]
    assert lines and {(line["job"], line["attempt"], line["request_id"]) for line in lines} == {
        (id, 1, "req_1")
    }


def test_the_files_of_a_result_are_whole_in_the_store_before_the_job_has_succeeded(fleet: Any) -> None:
    id = fleet.submit()
    with fleet.worker() as supervisor:
        fleet.wait(id)
        store = supervisor._watching._artefacts
    with fleet.database.read(ALL_PROJECTS) as session:
        rows = {row.name: row for row in session.scalars(select(Artefact).where(Artefact.job_id == id))}
    assert sorted(rows) == ["model/weights.bin", "report.html"]
    with store.open("alpha", id, "model/weights.bin") as file:
        content = file.read()
    assert content == content_of(id)
    row = rows["model/weights.bin"]
    assert (row.bytes, row.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_child_that_is_killed_is_tried_again_from_its_checkpoint(fleet: Any) -> None:
    id = fleet.submit(steps=40, seconds=0.05)
    with fleet.worker():
        fleet.until(lambda: (fleet.job(id).progress or {}).get("step", 0) >= 5)
        os.kill(fleet.child(id).pid, signal.SIGKILL)
        job = fleet.wait(id)
    assert job.state == "succeeded" and job.failures == 1
    assert [a.reason for a in fleet.attempts(id)] == ["child_died", "finished"]
    assert any("continues after step" in str(e.data) for e in fleet.events(id))


def test_a_job_fails_after_as_many_attempts_as_it_has_with_pauses_that_grow(fleet: Any) -> None:
    id = fleet.submit(wrong="die", max_attempts=3)
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.reason, job.attempt, job.failures) == ("failed", "child_died", 3, 3)
    assert "signal 9" in job.error["message"]
    first, second, third = fleet.attempts(id)
    assert (second.started_at - first.ended_at).total_seconds() >= 0.05
    assert (third.started_at - second.ended_at).total_seconds() >= 0.1


def test_an_end_that_the_kernel_shows_counts_only_once_it_is_known_how_it_came_about(
    fleet: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "alive", lambda identity: False)  # as for a moment, while a child is killed
    ended, killed = fleet.submit(steps=4, seconds=0.05), fleet.submit(wrong="die", max_attempts=1)
    with fleet.worker():
        assert fleet.wait(ended).state == "succeeded"
        assert "signal 9" in fleet.wait(killed).error["message"]
    assert [attempt.exit_status for attempt in fleet.attempts(ended)] == [0]


@pytest.mark.parametrize(("wrong", "reason"), [("recipe", "recipe"), ("input", "input")])
def test_what_a_person_must_put_right_is_not_tried_again(fleet: Any, wrong: str, reason: str) -> None:
    id = fleet.submit(wrong=wrong)
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.reason, job.attempt) == ("failed", reason, 1)
    assert job.error["code"] == reason and job.error["where"]


def test_an_error_of_ours_tells_its_place_in_the_log_and_repeats_no_value_of_it_elsewhere(fleet: Any) -> None:
    id = fleet.submit(wrong="bug", max_attempts=1)
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.reason) == ("failed", "error")
    assert "ZeroDivisionError" in job.error["message"] and "hunter2" not in json.dumps(job.error)
    assert any("Traceback" in line for line in fleet.log(id))


def test_cancel_saves_a_checkpoint_and_ends_in_a_state_that_says_so(fleet: Any) -> None:
    id = fleet.submit(steps=1000, seconds=0.02)
    with fleet.worker():
        fleet.until(lambda: (fleet.job(id).progress or {}).get("step", 0) >= 2)
        fleet.ask(id, "cancel")
        job = fleet.wait(id)
    assert (job.state, job.reason) == ("cancelled", "cancelled_by_user")
    assert ["stop", id] in [line[:2] for line in fleet.lines()]
    assert fleet.attempts(id)[0].exit_status in (75, None)


def test_pause_frees_the_slot_and_resume_goes_on_where_it_was(fleet: Any) -> None:
    fleet = fleet.with_worker(slots=1)
    id = fleet.submit(steps=250, seconds=0.02)
    with fleet.worker():
        fleet.until(lambda: (fleet.job(id).progress or {}).get("step", 0) >= 2)
        fleet.ask(id, "pause")
        assert fleet.wait(id, State.PAUSED).reason == "paused_by_user"
        other = fleet.submit()
        fleet.wait(other, State.SUCCEEDED)
        fleet.ask(id, "resume")
        job = fleet.wait(id)
    assert job.state == "succeeded" and job.attempt == 2 and job.failures == 0
    steps = [e.data["step"] for e in fleet.events(id) if e.type == "metric"]
    assert steps == sorted(set(steps)) and steps[-1] == 250


def test_a_job_that_is_resumed_while_it_pauses_is_queued_again(fleet: Any) -> None:
    id = fleet.submit(steps=250, seconds=0.02)
    with fleet.worker():
        fleet.until(lambda: (fleet.job(id).progress or {}).get("step", 0) >= 2)
        fleet.ask(id, "pause")
        fleet.ask(id, "resume")
        job = fleet.wait(id)
    assert job.state == "succeeded"
    assert ("paused", "paused_by_user") not in fleet.states(id)
    assert ("queued", "resumed_by_user") in fleet.states(id)


def test_a_child_that_does_not_listen_is_killed_after_its_grace_with_all_that_it_started(fleet: Any) -> None:
    fleet = fleet.with_worker(grace_seconds=0.5)
    id = fleet.submit(wrong="deaf")
    with fleet.worker():
        fleet.wait(id, State.RUNNING)
        fleet.ask(id, "cancel")
        assert fleet.wait(id).state == "cancelled"


def test_a_helper_that_a_dead_child_left_behind_is_ended_before_another_attempt_begins(fleet: Any) -> None:
    id = fleet.submit(wrong="helper", only_first=True, steps=100, seconds=0.05)
    with fleet.worker():
        helper = fleet.until(lambda: [line for line in fleet.lines() if line[0] == "helper"])[0][1]
        os.kill(fleet.child(id).pid, signal.SIGKILL)
        fleet.until(lambda: fleet.job(id).attempt == 2)
        assert process._look(int(helper)) is None or process._look(int(helper))[1]
        fleet.ask(id, "cancel")
        fleet.wait(id)


def test_a_job_that_ran_as_long_as_it_may_is_stopped_with_a_checkpoint(fleet: Any) -> None:
    id = fleet.submit(steps=10_000, seconds=0.02, max_duration_seconds=1)
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.reason) == ("failed", "max_duration")
    assert "rerun" in job.detail and ["stop", id] in [line[:2] for line in fleet.lines()]


def test_work_that_hangs_is_killed_and_tried_again_and_its_stacks_are_in_the_log(fleet: Any) -> None:
    fleet = fleet.with_worker(silence_seconds=1.5)
    id = fleet.submit(wrong="hang", only_first=True)
    with fleet.worker():
        job = fleet.wait(id)
    assert job.state == "succeeded"
    assert fleet.attempts(id)[0].reason == "silent"
    assert any("_misbehave" in line for line in fleet.log(id)), "where it stood"


def test_training_that_only_spins_hangs(fleet: Any) -> None:
    fleet = fleet.with_worker(silence_seconds=1.5)
    id = fleet.submit(wrong="spin", only_first=True)
    with fleet.worker():
        fleet.wait(id)
    assert fleet.attempts(id)[0].reason == "silent"


def test_slow_work_that_computes_without_a_word_is_left_alone(fleet: Any) -> None:
    fleet = fleet.with_worker(silence_seconds=1)
    id = fleet.submit(wrong="compute", compute=4)
    with fleet.worker():
        job = fleet.wait(id)
    assert job.state == "succeeded" and job.attempt == 1


def test_a_child_that_cannot_be_started_is_tried_again_and_then_fails(fleet: Any) -> None:
    fleet.command = lambda folder, executor: ["/does/not/exist"]
    id = fleet.submit(max_attempts=2)
    with fleet.worker():
        job = fleet.wait(id)
    assert (job.state, job.reason, job.attempt) == ("failed", "start_failed", 2)


def test_no_secret_of_the_service_reaches_a_child(fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:planted-secret@h/d")
    monkeypatch.setenv("COOLDOWN_SECRET_KEY", "planted-secret")
    monkeypatch.setenv("GITHUB_TOKEN", "planted-secret")
    monkeypatch.setenv("COOLDOWN_CHILD_NOTE", "for children")
    id = fleet.submit(wrong="environment")
    with fleet.worker():
        fleet.wait(id)
    printed = "\n".join(fleet.log(id))
    assert "for children" in printed and "planted-secret" not in printed
    folder = fleet.attempts(id)[0].folder
    assert "planted-secret" not in "".join(
        path.read_text(errors="replace") for path in __import__("pathlib").Path(folder).iterdir()
    )


def test_a_plan_has_its_cost_at_the_operators_rates(fleet: Any) -> None:
    fleet.settings = fleet.settings.model_copy(
        update={"cost": fleet.settings.cost.model_copy(update={"cpu_hour": 0.5, "currency": "EUR"})}
    )
    id = fleet.submit(kind="plan")
    with fleet.worker():
        job = fleet.wait(id)
    assert job.result["plan"]["cost"]["amount"] == 1.0
    assert job.result["plan"]["cost"]["currency"] == "EUR"


def test_a_dataset_is_ready_in_the_same_moment_as_its_job_has_succeeded(fleet: Any) -> None:
    id = fleet.submit(kind="dataset")
    with fleet.database.write(ALL_PROJECTS) as session:
        session.add(
            Dataset(
                id="ds_1", project_id="alpha", name="billing", version=3, job_id=id, recipe={},
                folder=str(fleet.settings.project_dir("alpha") / "datasets" / "billing" / "v3"),
                created_at=fleet.database.now(session),
            )
        )  # fmt: skip
    with fleet.worker():
        job = fleet.wait(id)
    assert job.result["dataset"] == "billing@v3"
    with fleet.database.read(ALL_PROJECTS) as session:
        dataset = session.scalars(select(Dataset)).one()
    assert dataset.digest == "d" * 32 and dataset.summary == {"book": {"read": 3}}


def test_a_draining_worker_gives_its_jobs_back_with_a_checkpoint_and_without_a_failure(fleet: Any) -> None:
    id = fleet.submit(steps=200, seconds=0.03)
    with fleet.worker(drain=True) as supervisor:
        fleet.until(lambda: (fleet.job(id).progress or {}).get("step", 0) >= 2)
        supervisor.stop()
        job = fleet.wait(id, State.QUEUED)
    assert (job.reason, job.failures) == (Reason.WORKER_STOPPED.value, 0)
    with fleet.worker():
        assert fleet.wait(id).state == "succeeded"
