"""`cooldown jobs`: what it prints where, and with which status it ends."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cooldown_kit.cli import main as cli
from faulty_service import Asked, FaultyService, Reply, faulty_service, problem
from service_answers import JOB, TIME, event, job, page, sse

RECIPE = "name: handbook\nmodel: org/base\nsources:\n  a: {connector: text, path: docs}\n"
END = {"state": "succeeded", "reason": "finished"}
EVENTS = [
    event(1, "state", state="queued", reason="submitted"),
    event(2, "state", state="running", reason="started"),
    event(3, "stage_started", stage="train", detail=""),
    event(4, "metric", stage="train", step=1, values={"loss": 3.0}),
    event(5, "metric", stage="train", step=2, values={"loss": 2.0}),
    event(6, "message", stage="train", level="warning", text="the disk\x1b[2J is nearly full"),
    event(7, "stage_finished", stage="train", detail="", seconds=3.0, cached=False, summary={}),
]


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("API_KEY", "PROJECT", "CONTEXT", "CONFIG"):
        monkeypatch.delenv(f"COOLDOWN_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipe.yaml").write_text(RECIPE)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyService]:
    with faulty_service() as server:
        monkeypatch.setenv("COOLDOWN_URL", server.url)
        yield server


@pytest.fixture
def jobs(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs ``cooldown jobs …``; gives status, standard output and standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.call(["jobs", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def serve(server: FaultyService, state: str = "running", **parts: Any) -> None:
    """Answers for one job; ``parts`` are what follows its path."""

    def answer(asked: Asked) -> Reply:
        last = asked.path.rsplit("/", 1)[1]
        if last in parts:
            part = parts[last]
            return part(asked) if callable(part) else part
        if last == "stream":
            return Reply(pieces=[*map(sse, EVENTS), sse(event(8, "state", state=state, reason="finished"))])
        if asked.method == "GET" and last == "jobs":
            return Reply(page([job(state)]))
        error = (
            {"code": "loss", "message": "the loss is no number", "remedy": "a lower rate"}
            if state == "failed"
            else None
        )
        return Reply(job(state, error=error))

    server.answer = answer


def test_submit_prints_the_id_and_nothing_else_on_standard_output(
    server: FaultyService, jobs: Any, tmp_path: Path
) -> None:
    serve(server)
    status, out, err = jobs(
        "submit", "recipe.yaml", "--set", "seed=3", "--priority", "70", "--gpus", "2", "--max-duration", "8h",
        "--label", "team=search", "--dataset", "billing@v3", "--idempotency-key", "k1",
    )  # fmt: skip
    assert (status, out) == (0, f"{JOB}\n") and f"cooldown jobs watch {JOB}" in err
    body = server.asked[0].json
    assert body["recipe"]["sources"]["a"]["path"] == f"{tmp_path}/docs" and body["recipe"]["seed"] == 3
    assert (body["priority"], body["gpus"], body["max_duration_seconds"], body["metadata"]) == (
        70,
        2,
        28800,
        {"team": "search"},
    )
    assert body["dataset"] == "billing@v3" and server.asked[0].headers["idempotency-key"] == "k1"


def test_submit_takes_the_usual_recipe_or_a_plan(server: FaultyService, jobs: Any) -> None:
    serve(server)
    assert jobs("submit")[0] == 0 and server.asked[-1].json["recipe"]["name"] == "handbook"
    assert jobs("submit", "--plan", "plan_1")[0] == 0
    assert server.asked[-1].json["plan"] == "plan_1" and "recipe" not in server.asked[-1].json


def test_submit_may_stay_and_watch(server: FaultyService, jobs: Any) -> None:
    serve(server, "succeeded")
    status, out, _ = jobs("submit", "--watch")
    assert status == 0 and out == f"{JOB}\n{JOB} succeeded\n"


def test_a_list_is_a_table_or_lines_of_json(server: FaultyService, jobs: Any) -> None:
    server.answer = lambda asked: Reply(
        page([job("running", id=f"job_{n}", name=f"n\x1b{n}") for n in (3, 2, 1)])
    )
    status, out, err = jobs("list", "--limit", "2", "--state", "running", "--label", "team=search")
    lines = out.splitlines()
    assert status == 0 and err == "" and len(lines) == 3
    assert lines[0].split()[:3] == ["ID", "STATE", "NAME"] and lines[1].startswith("job_3")
    assert "\x1b" not in out
    assert ("metadata[team]", "search") in server.asked[0].query and ("state", "running") in server.asked[
        0
    ].query
    _, out, _ = jobs("list", "--all", "--json")
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["job_3", "job_2", "job_1"]


def test_get_shows_a_job_and_latest_is_the_newest(server: FaultyService, jobs: Any) -> None:
    serve(server, "failed")
    status, out, _ = jobs("get", "latest")
    assert status == 0 and "the loss is no number" in out and "a lower rate" in out
    assert json.loads(jobs("get", JOB, "--json")[1])["recipe"] == {"name": "handbook"}


def test_latest_of_a_project_without_jobs_is_not_found(server: FaultyService, jobs: Any) -> None:
    server.answer = lambda asked: Reply(page([]))
    status, out, err = jobs("get", "latest")
    assert status == 3 and out == "" and "no job" in err


def test_watch_shows_what_happens_and_ends_as_the_job_does(server: FaultyService, jobs: Any) -> None:
    serve(server, "succeeded")
    status, out, err = jobs("watch", JOB)
    assert (status, out) == (0, f"{JOB} succeeded\n")
    assert "running (started)" in err and "✓ train (3.0 s)" in err and "warning: the disk" in err
    assert "\x1b" not in err


def test_watch_for_programs_prints_events_and_the_job(server: FaultyService, jobs: Any) -> None:
    serve(server, "succeeded")
    status, out, err = jobs("watch", JOB, "--json")
    said = [json.loads(line) for line in out.splitlines()]
    assert status == 0 and err == ""
    assert [one["object"] for one in said] == ["job.event"] * 8 + ["job"]


@pytest.mark.parametrize(("state", "expected"), [("failed", 6), ("cancelled", 7)])
def test_watch_ends_with_the_status_of_the_end(
    server: FaultyService, jobs: Any, state: str, expected: int
) -> None:
    serve(server, state)
    assert jobs("watch", JOB)[0] == expected
    status, out, err = jobs("watch", JOB, "--json")
    assert status == expected
    assert json.loads(out.splitlines()[-1])["state"] == state
    assert json.loads(err)["error"]["code"] == f"job_{state}"


def test_a_time_to_watch_that_is_over_has_a_status_of_its_own(server: FaultyService, jobs: Any) -> None:
    serve(server, "running", stream=lambda asked: Reply(held=True))
    status, _, err = jobs("watch", JOB, "--timeout", "1s")
    assert status == 8 and "goes on" in err


ENDINGS: list[tuple[Reply | None, list[str], int, str]] = [
    (problem(500, "internal", headers={"x-should-retry": "false"}), ["get", JOB], 1, "internal"),
    (problem(404, "not-found"), ["get", JOB], 3, "not-found"),
    (problem(410, "gone"), ["report", JOB], 3, "gone"),
    (problem(401, "not-authenticated"), ["list"], 77, "not-authenticated"),
    (problem(403, "not-allowed"), ["cancel", JOB], 77, "not-allowed"),
    (problem(403, "refused", where="sources.a.path"), ["submit"], 77, "refused"),
    (problem(422, "recipe", where="train.method"), ["submit"], 5, "recipe"),
    (problem(422, "validation"), ["submit"], 5, "validation"),
    (problem(409, "conflict"), ["pause", JOB], 9, "conflict"),
    (problem(403, "quota-exceeded"), ["submit"], 9, "quota-exceeded"),
    (problem(429, "queue-full", headers={"x-should-retry": "false"}), ["submit"], 9, "queue-full"),
    (None, ["submit", "nowhere.yaml"], 2, "input_error"),
    (None, ["submit", "--set", "x"], 2, "recipe_error"),
    (None, ["submit", "--max-duration", "soon"], 2, "recipe_error"),
    (None, ["list", "--url", "nonsense"], 2, "input_error"),
    (None, ["list", "--context", "nix"], 2, "input_error"),
    (None, ["list", "--api-key-env", "NOT_SET"], 2, "input_error"),
    (None, ["list", "--local", "--url", "http://127.0.0.1:1"], 2, "input_error"),
    (None, ["get", ".."], 2, "input_error"),
]


@pytest.mark.parametrize(("reply", "command", "expected", "code"), ENDINGS)
def test_every_ending_has_its_status_and_is_json_where_json_is_asked_for(
    server: FaultyService, jobs: Any, reply: Reply | None, command: list[str], expected: int, code: str
) -> None:
    server.answer = lambda asked: reply or Reply({}, 418)
    status, out, err = jobs(*command)
    assert (status, out) == (expected, "") and err.startswith("error: ")
    status, out, err = jobs(*command, "--json")
    assert (status, out) == (expected, "")
    assert json.loads(err)["error"]["code"] == code


def test_an_error_cannot_steer_the_terminal(server: FaultyService, jobs: Any) -> None:
    server.answer = lambda asked: problem(422, "recipe", "two\nlines\x1b[2J")
    assert jobs("submit")[2].startswith("error: two\nlines\\x1b[2J\n")


@pytest.mark.parametrize(
    "command",
    [
        ["submit", "recipe.yaml", "--plan", "plan_1"],
        ["submit", "--label", "x"],
        ["submit", "--gpus", "many"],
        ["submit", "--priority", "101"],
        ["list", "--kind", "nix"],
        ["get"],
        ["nix"],
    ],
)
def test_wrong_usage_asks_nothing_and_ends_with_2(
    server: FaultyService, jobs: Any, command: list[str]
) -> None:
    status, out, err = jobs(*command)
    assert status == 2 and out == "" and err
    assert server.asked == []


def test_a_service_that_is_not_there_is_a_failure(jobs: Any) -> None:
    status, _, err = jobs("list", "--url", "http://127.0.0.1:1")
    assert status == 1 and "cannot be reached" in err


@pytest.mark.parametrize("action", ["cancel", "pause", "resume"])
def test_steering_prints_the_state_that_follows(server: FaultyService, jobs: Any, action: str) -> None:
    serve(server, {"cancel": "cancelling", "pause": "pausing", "resume": "queued"}[action])
    status, out, _ = jobs(action, JOB)
    assert status == 0 and out.startswith(f"{JOB} ")
    assert (server.asked[-1].method, server.asked[-1].path) == ("POST", f"/v1/jobs/{JOB}/{action}")


def test_rerun_prints_the_new_id(server: FaultyService, jobs: Any) -> None:
    serve(server, "failed", rerun=Reply(job(id="job_new"), 201))
    assert jobs("rerun", JOB)[:2] == (0, "job_new\n")


def _removed(server: FaultyService) -> None:
    """A job of which nothing is left but the job."""
    old = job("succeeded", finished_at=TIME, details_removed_at="2026-05-31T10:00:00Z")
    empty = {"/logs": page([]), "/metrics": {"job": JOB, "resolution": 100, "steps": 0, "data": []}}

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/stream"):
            return Reply(pieces=[b'event: end\ndata: {"state": "succeeded"}\n\ndata: [DONE]\n\n'])
        return Reply(next((said for end, said in empty.items() if asked.path.endswith(end)), old))

    server.answer = answer


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        (["logs", JOB], ""),
        (["logs", JOB, "--follow"], ""),
        (["metrics", JOB], "stage\tstep\n"),
        (["watch", JOB], f"{JOB} succeeded\n"),
    ],
)
def test_where_nothing_is_left_to_print_it_is_said_why(
    server: FaultyService, jobs: Any, command: list[str], printed: str
) -> None:
    _removed(server)
    said = "its events, metrics and log lines were removed on 2026-05-31"
    status, out, err = jobs(*command)
    assert (status, out) == (0, printed) and err.count(said) == 1
    status, out, err = jobs(*command, "--json")
    assert (status, err) == (0, "") and "were removed" not in out
    serve(
        server,
        "succeeded",
        logs=Reply(page([])),
        metrics=Reply({"job": JOB, "resolution": 100, "steps": 0, "data": []}),
    )
    assert said not in jobs(*command)[2]


def test_get_says_when_details_were_removed(server: FaultyService, jobs: Any) -> None:
    _removed(server)
    assert "removed   events, metrics and log lines, 2026-05-31\n" in jobs("get", JOB)[1]
    assert json.loads(jobs("get", JOB, "--json")[1])["details_removed_at"] == "2026-05-31T10:00:00Z"
    serve(server, "succeeded")
    assert "removed" not in jobs("get", JOB)[1]


def test_logs_are_printed_as_they_are(server: FaultyService, jobs: Any) -> None:
    lines = [{"id": n, "attempt": 1, "time": TIME, "text": f"line {n}"} for n in (1, 2)]
    serve(server, logs=Reply(page(lines)))
    assert jobs("logs", JOB, "--tail", "2")[1] == "line 1\nline 2\n"
    assert [json.loads(line)["id"] for line in jobs("logs", JOB, "--json")[1].splitlines()] == [1, 2]


def test_metrics_are_columns(server: FaultyService, jobs: Any) -> None:
    points = [
        {"stage": "train", "step": n, "time": TIME, "attempt": 1, "values": {"loss": 3.0 - n}} for n in (1, 2)
    ]
    answer = {"object": "job.metrics", "job": JOB, "resolution": 100, "steps": 2, "data": points}
    serve(server, metrics=Reply(answer))
    assert jobs("metrics", JOB)[1] == "stage\tstep\tloss\ntrain\t1\t2\ntrain\t2\t1\n"


def test_queue_says_what_is_waited_for_and_who_holds_it(server: FaultyService, jobs: Any) -> None:
    holder = {"job": "job_a", "since": TIME, "estimated_finish_at": TIME, "gpus": []}
    place = {
        "object": "job.queue", "job": JOB, "state": "queued", "position": 2, "ahead": 1,
        "waits_for": [{"kind": "gpu", "detail": "1 GPU is free, 2 are needed", "holders": [holder, {"since": TIME}]}],
    }  # fmt: skip
    serve(server, "queued", queue=Reply(place))
    status, out, _ = jobs("queue", JOB)
    assert (
        status == 0 and "number 2, 1 before it" in out and "held by job_a" in out and "another project" in out
    )


def test_a_report_goes_to_standard_output_or_a_file(server: FaultyService, jobs: Any, tmp_path: Path) -> None:
    serve(server, "succeeded", report=Reply("<p>ä</p>".encode(), headers={"content-type": "text/html"}))
    assert jobs("report", JOB)[:2] == (0, "<p>ä</p>")
    assert jobs("report", JOB, "-o", "r.html")[:2] == (0, "r.html\n")
    assert (tmp_path / "r.html").read_text() == "<p>ä</p>"


def test_a_download_prints_the_files(server: FaultyService, jobs: Any, tmp_path: Path) -> None:
    told = {
        "name": "adapter/a.bin",
        "bytes": 3,
        "sha256": hashlib.sha256(b"abc").hexdigest(),
        "media_type": "x/y",
        "created_at": TIME,
    }
    serve(server, "succeeded", artefacts=Reply(page([told])), **{"a.bin": Reply(b"abc")})
    status, out, _ = jobs("download", JOB, "-o", "out", "--name", "adapter/*")
    assert (status, out) == (0, "out/adapter/a.bin\n") and (
        tmp_path / "out/adapter/a.bin"
    ).read_bytes() == b"abc"
    (tmp_path / "taken").write_text("")
    status, _, err = jobs("download", JOB, "-o", "taken")
    assert status == 4 and "taken" in err


def test_a_key_is_taken_from_the_variable_that_is_named(
    server: FaultyService, jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "ck_mine")
    serve(server)
    jobs("list", "--api-key-env", "MY_KEY", "--project", "search")
    assert server.asked[0].headers["authorization"] == "Bearer ck_mine"
    assert server.asked[0].headers["x-cooldown-project"] == "search"


@pytest.mark.parametrize("command", [["watch", JOB], ["submit", "--watch"]])
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_an_interrupt_detaches_and_cancels_nothing(
    server: FaultyService, command: list[str], flags: list[str]
) -> None:
    attached = pytest.importorskip("threading").Event()

    def stream(asked: Asked) -> Reply:
        attached.set()
        return Reply(held=True)

    serve(server, "running", stream=stream)
    environment = {**os.environ, "COOLDOWN_URL": server.url}
    watching = subprocess.Popen(
        [sys.executable, "-m", "cooldown_kit.cli", "jobs", *command, *flags],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert attached.wait(60)
    watching.send_signal(signal.SIGINT)
    _, err = watching.communicate(timeout=60)
    assert watching.returncode == 130, err
    assert f"cooldown jobs watch {JOB}" in err and "nothing half-written" not in err
    assert "detached" in (json.loads(err.splitlines()[-1])["error"]["code"] if flags else err)
    assert not [asked for asked in server.asked if asked.path.endswith(("cancel", "pause"))]


@pytest.mark.parametrize("command", ["submit", "list", "watch", "logs"])
def test_help_loads_no_client_and_no_display(command: str) -> None:
    code = (
        "import sys; from cooldown_kit.cli.main import call; call(sys.argv[1:]);"
        "sys.exit(len({'httpx', 'rich.live', 'rich.progress', 'cooldown_kit.client.wire'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "jobs", command, "--help"], capture_output=True, check=False
    )
    assert done.returncode == 0
