"""Charts of short and long trainings, and the course that a learning rate is to take."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cooldown_api.database import tables as t
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.ui.charts import POINTS, chart_data, number_table
from sqlalchemy import insert

from demo_jobs import add_job, metric_values, recipe


def ask(service, function, id):
    with service.database.read(ALL_PROJECTS) as session:
        return function(session, session.get(t.Job, id))


def test_a_job_without_a_step_has_nothing_to_draw(service):
    job = add_job(service.database, "a", ago=timedelta(minutes=1))
    assert ask(service, chart_data, job.id) == {"steps": None, "points": [], "plan": None}
    assert ask(service, number_table, job.id).rows == []


def test_of_a_long_training_a_point_stands_for_a_range(service):
    steps = 20_000
    job = add_job(service.database, "a", ago=timedelta(minutes=1), state="running")
    with service.database.write(ALL_PROJECTS) as session:
        row = {"project_id": "default", "job_id": job.id, "stage": "train", "attempt": 1, "time": job.clock}
        rows = [{**row, "step": step, "values": {"loss": steps - step}} for step in range(1, steps + 1)]
        session.execute(insert(t.Metric), rows)
    points = ask(service, chart_data, job.id)["points"]
    assert POINTS * 0.9 < len(points) <= POINTS
    for point in points[:-1]:
        assert 0 <= point["values"]["loss"] - (steps - point["step"]) <= steps / POINTS
    table = ask(service, number_table, job.id)
    assert len(table.rows) == 20 and table.rows[0] == (1, [steps - 1]) and table.rows[-1] == (steps, [0])


@pytest.mark.parametrize("learning_rate", [2e-4, "auto"])
def test_the_planned_course_goes_through_what_was_seen(service, learning_rate):
    content = recipe("a")
    content["train"]["learning_rate"] = learning_rate
    job = add_job(service.database, "a", ago=timedelta(minutes=1), state="running", recipe=content)
    job.steps(1, 120)
    plan = ask(service, chart_data, job.id)["plan"]
    course = dict(zip(plan["step"], plan["learning_rate"], strict=True))
    seen = [step for step in course if step <= 120]
    assert len(seen) > 30
    for step in seen:
        assert course[step] == pytest.approx(metric_values(step)["learning_rate"])
    assert course[500] == 0


def test_a_constant_learning_rate_has_no_cooldown(service):
    content = recipe("a")
    content["train"]["schedule"] = "constant"
    job = add_job(service.database, "a", ago=timedelta(minutes=1), state="running", recipe=content)
    job.steps(1, 30)
    plan = ask(service, chart_data, job.id)["plan"]
    assert plan["decay_from"] is None and plan["learning_rate"][-1] == 2e-4
