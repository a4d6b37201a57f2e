"""What has to be known before a job is submitted: asked for in one statement, since submitting is what a service does most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from cooldown_api.database.engine import Database
from cooldown_api.database.tables import Gpu, Project, Webhook
from cooldown_api.problems import not_found


@dataclass(frozen=True)
class Standing:
    """A project and the fleet at one moment."""

    project: Project
    now: datetime
    """By the database's clock."""
    has_gpus: bool
    """Some machine of the fleet has any."""
    has_webhooks: bool
    """The project has some that are switched on."""

    def gpus(self, asked: int | str) -> int:
        """``auto`` is one GPU where any machine of the fleet has some."""
        return asked if isinstance(asked, int) else int(self.has_gpus)


_ASKED: Final = select(
    Project,
    exists(select(Gpu.uuid)),
    exists(select(Webhook.id).where(Webhook.project_id == bindparam("project"), Webhook.enabled)),
).where(Project.id == bindparam("project"))


def find_standing(database: Database, session: Session, project_id: str) -> Standing:
    """Raises :class:`ProblemError` ``not-found`` where there is no such project."""
    row = session.execute(_ASKED.add_columns(database.clock()), {"project": project_id}).one_or_none()
    if row is None:
        raise not_found("project", project_id)
    project, has_gpus, has_webhooks, now = row
    return Standing(project, database.instant(now), has_gpus, has_webhooks)


def lock_project(session: Session, project: Project) -> None:
    """One transaction at a time from here on that locks the same project; its row is read again.

    The lock lets rows be added that belong to the project: two transactions that have added some already would else wait for each
    other.
    """
    session.refresh(project, with_for_update={"key_share": True})
