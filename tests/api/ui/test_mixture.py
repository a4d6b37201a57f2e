"""Planned beside consumed, counted by the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cooldown_api.database import tables as t
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.ui.mixture import mixture

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


def test_the_plan_or_else_the_recipe_says_what_is_planned_before_anything_is_mixed(service):
    plan = add_job(service.database, "p", kind="plan", ago=timedelta(minutes=1))
    plan.state("succeeded", "finished", result={"plan": plan_result()})
    planned = add_job(service.database, "a", ago=timedelta(minutes=1), plan_id=plan.id)
    assert read(service, planned.id)["handbook"].epochs == 1.95
    bare = read(service, add_job(service.database, "b", ago=timedelta(minutes=1)).id)
    assert bare["payments.commits"].planned == pytest.approx(0.3)
    assert bare["payments.commits"].consumed is None and bare["payments.commits"].epochs is None
