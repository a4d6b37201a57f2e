"""Every query is of one project, by construction.

A session is opened for a project, and then sees, changes and deletes rows of that project only, whatever a query says: the
criterion is added to every statement. A session that was opened for none refuses to touch an owned table.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from cooldown_api.database.tables import Owned


class _All:
    """For the service's own work: workers, webhooks, the administrator's lists."""

    def __repr__(self) -> str:
        return "ALL_PROJECTS"


ALL_PROJECTS: Final = _All()
Scope = str | _All


def scope_session(session: Session, scope: Scope) -> None:
    """Tie the session to one project, or to all of them."""
    session.info["scope"] = scope


def scope_of(session: Session) -> Scope:
    scope: Scope = session.info["scope"]
    return scope


@event.listens_for(Session, "do_orm_execute")
def _add_criterion(state: ORMExecuteState) -> None:
    if (
        state.is_column_load
        or state.is_relationship_load
        or not (state.is_select or state.is_update or state.is_delete)
    ):
        return
    scope = state.session.info.get("scope")
    if isinstance(scope, _All):
        return
    if scope is None:
        raise RuntimeError("a session must be opened for a project, or for ALL_PROJECTS")
    project: Any = scope
    state.statement = state.statement.options(
        with_loader_criteria(Owned, lambda cls: cls.project_id == project, include_aliases=True)
    )


@event.listens_for(Session, "before_flush")
def _check_owners(session: Session, context: Any, instances: Any) -> None:
    del context, instances
    scope = session.info.get("scope")
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, Owned) or isinstance(scope, _All):
            continue
        if row in session.new and row.project_id is None:
            row.project_id = scope
        if row.project_id != scope:
            raise RuntimeError(f"a session of project {scope!r} must not write a row of {row.project_id!r}")
