"""Planned beside consumed, counted by the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cooldown_api.database import tables as t
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.ui.mixture import mixture
from sqlalchemy import select

from demo_jobs import SOURCES, add_job, metric_values, plan_result, prepare


def read(service, id):
    with service.database.read(ALL_PROJECTS) as session:
        return {line.name: line for line in mixture(session, session.get(t.Job, id))}


def test_consumed_is_the_sum_over_all_steps(service):
    job = add_job(service.database, "a", ago=timedelta(minutes=1), state="running")
    prepare(job, minutes=0)
    job.steps(1, 30)
    lines = read(service, job.id)
    tokens = {name: sum(metric_values(step)[f"tokens/{name}"] for step in range(1, 31)) for name in SOURCES}
    for name, (group, share, _) in SOURCES.items():
        line = lines[name]
        assert (line.group, line.planned, line.tokens) == (group, share, tokens[name])
        assert line.consumed == pytest.approx(tokens[name] / sum(tokens.values()))


def test_looking_again_counts_what_is_new_and_another_attempt_counts_once(service):
    job = add_job(service.database, "a", ago=timedelta(minutes=1), state="running", attempt=1)
    job.steps(1, 10)
    first = read(service, job.id)["handbook"].tokens
    job.steps(11, 20)
    expected = sum(metric_values(step)["tokens/handbook"] for step in range(1, 21))
    assert first < read(service, job.id)["handbook"].tokens == expected
    job.state("running", "started", attempt=2)
    with service.database.write(
        ALL_PROJECTS
    ) as session:  # the second attempt does ten steps again, with other data
        for row in session.scalars(select(t.Metric).where(t.Metric.job_id == job.id, t.Metric.step > 10)):
            row.values = {**row.values, "tokens/handbook": 1.0}
    assert read(service, job.id)["handbook"].tokens == first + 10


def test_the_plan_or_else_the_recipe_says_what_is_planned_before_anything_is_mixed(service):
    plan = add_job(service.database, "p", kind="plan", ago=timedelta(minutes=1))
    plan.state("succeeded", "finished", result={"plan": plan_result()})
    planned = add_job(service.database, "a", ago=timedelta(minutes=1), plan_id=plan.id)
    assert read(service, planned.id)["handbook"].epochs == 1.95
    bare = read(service, add_job(service.database, "b", ago=timedelta(minutes=1)).id)
    assert bare["payments.commits"].planned == pytest.approx(0.3)
    assert bare["payments.commits"].consumed is None and bare["payments.commits"].epochs is None
