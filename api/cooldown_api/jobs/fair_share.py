"""Who goes next: priority first; then the project that has least running for its weight; then who waits longest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select

from cooldown_api.database.tables import Attempt, Job, Project
from cooldown_kit.client.states import State


def running_by_project() -> Subquery:
    """Project → attempts that have not ended."""
    return (
        select(Attempt.project_id.label("project_id"), func.count().label("running"))
        .where(Attempt.state != "ended")
        .group_by(Attempt.project_id)
        .subquery()
    )


def waiting(now: datetime) -> ColumnElement[bool]:
    """Jobs that wait for nothing but their turn."""
    return and_(Job.state == State.QUEUED.value, Job.wanted == "run", Job.not_before <= now)


def in_turn(now: datetime, *columns: Any) -> Select[Any]:
    """Waiting jobs whose project may run another, in the order in which they are taken."""
    running = running_by_project()
    has = func.coalesce(running.c.running, 0)
    return (
        select(*(columns or (Job,)))
        .join(Project, Project.id == Job.project_id)
        .outerjoin(running, running.c.project_id == Job.project_id)
        .where(waiting(now), or_(Project.max_running.is_(None), has < Project.max_running))
        .order_by(Job.priority.desc(), has / Project.weight, Job.queued_at, Job.id)
    )
