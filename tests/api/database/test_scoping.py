"""A session of one project neither sees, changes nor deletes what belongs to another, whatever its statements say."""

from __future__ import annotations

import pytest
from cooldown_api.database.engine import Database
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import ApiKey, Dataset, Job
from cooldown_api.jobs.standing import find_standing
from cooldown_api.jobs.submit import NewJob, submit
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session


def new_job(**more: object) -> NewJob:
    given = {
        "kind": "run",
        "name": "a",
        "recipe": {"name": "a"},
        "priority": 50,
        "gpus": 0,
        "executor": "local",
        "max_attempts": 3,
        "max_duration_seconds": 60,
        "created_by": "test",
    }
    return NewJob(**{**given, **more})  # type: ignore[arg-type]


@pytest.fixture
def job_of_beta(database: Database) -> str:
    with database.write("beta") as session:
        return submit(session, find_standing(database, session, "beta"), new_job()).id


def test_another_projects_rows_are_not_there(database: Database, job_of_beta: str) -> None:
    with database.read("alpha") as session:
        assert session.get(Job, job_of_beta) is None
        assert session.scalars(select(Job).where(Job.project_id == "beta")).all() == []
        assert session.scalar(select(func.count()).select_from(Job)) == 0
        assert session.execute(select(Job.id, Job.name)).all() == []
    with database.read("beta") as session:
        assert session.get(Job, job_of_beta) is not None


def test_another_projects_rows_cannot_be_changed_or_deleted(database: Database, job_of_beta: str) -> None:
    with database.write("alpha") as session:
        session.execute(update(Job).where(Job.id == job_of_beta).values(name="stolen"))
        session.execute(delete(Dataset))
        session.execute(delete(ApiKey))
    with database.read(ALL_PROJECTS) as session:
        job = session.get(Job, job_of_beta)
        assert job is not None
        assert job.name == "a"


def test_a_row_of_another_project_cannot_be_written(database: Database) -> None:
    with pytest.raises(RuntimeError, match="must not write"), database.write("alpha") as session:
        submit(session, find_standing(database, session, "beta"), new_job())


def test_a_session_without_a_scope_touches_no_owned_table(database: Database) -> None:
    with (
        Session(database.engine) as session,
        pytest.raises(RuntimeError, match="must be opened for a project"),
    ):
        session.scalars(select(Job)).all()
