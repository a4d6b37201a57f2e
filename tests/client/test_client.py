"""The client as a whole: lists, groups, options, both kinds."""

from __future__ import annotations

import inspect
from datetime import timedelta
from typing import Any

import pytest

import cooldown_kit
from cooldown_kit.client import client as clients
from cooldown_kit.client.durations import in_words, seconds_of
from cooldown_kit.client.errors import UnexpectedAnswer
from cooldown_kit.client.job import AsyncJob, Job
from cooldown_kit.errors import RecipeError
from faulty_service import Asked, FaultyService, Reply
from service_answers import JOB, TIME, job, page

JOBS = [job(id=f"job_{n:03}") for n in range(250, 0, -1)]


def pages_of_jobs(asked: Asked) -> Reply:
    query = dict(asked.query)
    rest = [one for one in JOBS if "after" not in query or one["id"] < query["after"]]
    part = rest[: int(query["limit"])]
    return Reply(page(part, more=len(rest) > len(part)))


def test_a_list_turns_its_pages_as_it_is_used(server: FaultyService, client: Any) -> None:
    server.answer = pages_of_jobs
    jobs = client.jobs.list()
    assert next(jobs).id == "job_250" and len(server.asked) == 1
    assert len([*jobs]) == 249 and len(server.asked) == 3


@pytest.mark.parametrize("limit", [0, 1, 100, 101, 250, 999])
def test_a_limit_is_of_the_whole_list(server: FaultyService, client: Any, limit: int) -> None:
    server.answer = pages_of_jobs
    assert len([*client.jobs.list(limit=limit)]) == min(limit, 250)


def test_filters_go_to_the_service(server: FaultyService, client: Any) -> None:
    server.answer = lambda asked: Reply(page([]))
    list(
        client.jobs.list(
            state=["queued", "running"], kind="run", name="x", metadata={"team": "search", "a b": "ü"}
        )
    )
    assert sorted(server.asked[0].query) == [
        ("kind", "run"),
        ("limit", "100"),
        ("metadata[a b]", "ü"),
        ("metadata[team]", "search"),
        ("name", "x"),
        ("state", "queued"),
        ("state", "running"),
    ]
    list(client.jobs.list(state="failed"))
    assert ("state", "failed") in server.asked[1].query


def test_a_list_that_does_not_say_how_it_goes_on_ends_in_an_error(server: FaultyService, client: Any) -> None:
    server.answer = lambda asked: Reply(page(JOBS[:3], more=True))
    with pytest.raises(UnexpectedAnswer, match="does not say after what"):
        list(client.jobs.list())


def test_a_job_can_be_acted_on(server: FaultyService, client: Any) -> None:
    server.answer = lambda asked: Reply(
        job("running", id="job_other" if asked.path.endswith("rerun") else JOB)
    )
    handle = client.jobs.get(JOB)
    for action in ("cancel", "pause", "resume"):
        assert getattr(handle, action)().id == JOB
        assert getattr(client.jobs, action)(JOB).id == JOB
        assert server.asked[-1].path == server.asked[-2].path == f"/v1/jobs/{JOB}/{action}"
    assert handle.rerun(priority=90).id == "job_other" and handle.id == JOB
    assert server.asked[-1].json == {"priority": 90}


def test_a_submission_says_what_was_given_and_nothing_else(server: FaultyService, client: Any) -> None:
    server.answer = lambda asked: Reply(job(), 201)
    client.jobs.create(
        {"name": "x"},
        dataset="billing@v3",
        max_duration="1h30m",
        priority=70,
        gpus=2,
        metadata={"team": "search"},
    )
    assert server.asked[0].json == {
        "recipe": {"name": "x"},
        "dataset": "billing@v3",
        "gpus": 2,
        "priority": 70,
        "executor": "local",
        "max_duration_seconds": 5400,
        "metadata": {"team": "search"},
    }
    client.jobs.create(plan=client.plans.create({"name": "x"}))
    assert server.asked[2].json["plan"] == JOB and "recipe" not in server.asked[2].json


@pytest.mark.parametrize(
    "wrong", [{}, {"recipe": {"name": "x"}, "plan": "plan_1"}, {"plan": "plan_1", "overrides": ["a=1"]}]
)
def test_a_submission_that_contradicts_itself_is_not_sent(
    server: FaultyService, client: Any, wrong: dict[str, Any]
) -> None:
    with pytest.raises(RecipeError):
        client.jobs.create(**wrong)
    assert server.asked == []


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_what_is_no_id_is_not_sent(server: FaultyService, client: Any, id: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        client.jobs.get(id)
    assert server.asked == []


def test_an_id_cannot_become_another_path(server: FaultyService, client: Any) -> None:
    server.answer = lambda asked: Reply(job())
    client.jobs.get("../keys?x#y")
    assert server.asked[0].path == "/v1/jobs/..%2Fkeys%3Fx%23y"


def test_metrics_are_points_and_columns(server: FaultyService, client: Any) -> None:
    points = [
        {
            "stage": "train",
            "step": n,
            "time": TIME,
            "attempt": 1,
            "values": {"loss": 3.0 - n} | ({"lr": 0.1} if n else {}),
        }
        for n in (0, 1)
    ]
    answer = {"object": "job.metrics", "job": JOB, "resolution": 2, "steps": 40, "data": points}
    server.answer = lambda asked: Reply(answer if asked.path.endswith("metrics") else job())
    series = client.jobs.get(JOB).metrics(resolution=2, step_from=0)
    assert series.steps == 40 and series[1].values["loss"] == 2
    columns = series.to_columns()
    assert columns["step"] == [0, 1] and columns["loss"] == [3, 2] and columns["lr"] == [None, 0.1]
    assert sorted(server.asked[-1].query) == [("resolution", "2"), ("step_from", "0")]


def log_pages(lines: int, states: list[str]) -> Any:
    def answer(asked: Asked) -> Reply:
        if not asked.path.endswith("logs"):
            return Reply(job(states.pop(0) if len(states) > 1 else states[0]))
        query = dict(asked.query)
        all_lines = [{"id": n, "attempt": 1, "time": TIME, "text": f"line {n}"} for n in range(1, lines + 1)]
        if query.get("tail"):
            return Reply(page(all_lines[-int(query["lines"]) :]))
        rest = [line for line in all_lines if line["id"] > int(query.get("after", 0))]
        return Reply(page(rest[:5], more=len(rest) > 5))

    return answer


def test_a_log_is_read_from_its_start_or_its_end(server: FaultyService, client: Any) -> None:
    server.answer = log_pages(12, ["running"])
    handle = client.jobs.get(JOB)
    assert [line.id for line in handle.logs()] == list(range(1, 13))
    assert [line.id for line in handle.logs(tail=3)] == [10, 11, 12]


@pytest.mark.parametrize("tail", [None, 2])
def test_a_log_is_followed_until_the_job_has_ended(
    server: FaultyService, client: Any, pauses: list[float], tail: int | None
) -> None:
    server.answer = log_pages(12, ["running", "running", "running", "failed"])
    numbers = [line.id for line in client.jobs.get(JOB).logs(follow=True, tail=tail)]
    assert numbers == ([11, 12] if tail else list(range(1, 13)))
    assert len(pauses) == 2


def test_options_change_a_copy_over_the_same_connections(server: FaultyService, client: Any) -> None:
    server.answer = lambda asked: Reply({"status": "ok", "version": "1"})
    other = client.with_options(project="payments", max_retries=0)
    other.health()
    client.health()
    assert [asked.headers.get("x-cooldown-project") for asked in server.asked] == ["payments", None]
    other.close()
    assert client.health().status == "ok"


def test_headers_and_project_go_with_every_call(server: FaultyService, make_client: Any) -> None:
    server.answer = lambda asked: Reply({"status": "ok", "version": "1"})
    make_client(server.url, project="search", headers={"x-team": "a"}).health()
    assert (server.asked[0].headers["x-cooldown-project"], server.asked[0].headers["x-team"]) == (
        "search",
        "a",
    )
    assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize("wrong", [{"max_retries": -1}])
def test_options_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="below 0"):
        clients.Client("http://127.0.0.1:1", **wrong)


def public(kind: type) -> dict[str, str]:
    """Names and signatures of what a class offers."""
    found = {}
    for name in dir(kind):
        value = inspect.getattr_static(kind, name)
        if not name.startswith("_") and name != "transport":
            function = getattr(value, "function", None) or getattr(value, "func", None)
            found[name] = "" if function is None else str(inspect.signature(function)).replace("Async", "")
    return found


@pytest.mark.parametrize("group", clients._GROUPS)
def test_both_clients_have_the_same_groups_with_the_same_calls(group: str) -> None:
    one, other = cooldown_kit.Client("http://127.0.0.1:1"), cooldown_kit.AsyncClient("http://127.0.0.1:1")
    assert public(type(getattr(one, group))) == public(type(getattr(other, group)))
    one.close()


def test_both_clients_and_both_jobs_have_the_same_surface() -> None:
    assert public(cooldown_kit.Client) == public(cooldown_kit.AsyncClient)
    assert {name for name in dir(Job) if name[0] != "_"} == {name for name in dir(AsyncJob) if name[0] != "_"}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90", 90),
        ("45m", 2700),
        ("8h", 28800),
        ("1d12h", 129600),
        ("1h 30m 5s", 5405),
        (0.2, 1),
        (timedelta(hours=1), 3600),
    ],
)
def test_durations_are_read_as_people_write_them(written: Any, seconds: int) -> None:
    assert seconds_of(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "h", "-3", "3w", "0", "1m1h", 0, -1, float("inf"), float("nan"), "1e9"]
)
def test_what_is_no_duration_is_refused(written: Any) -> None:
    with pytest.raises(RecipeError, match="is no duration"):
        seconds_of(written)


@pytest.mark.parametrize(
    ("seconds", "words"), [(9.2, "9s"), (250, "4m 10s"), (3900, "1h 05m"), (183600, "2d 3h"), (-5, "0s")]
)
def test_durations_are_said_in_few_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
