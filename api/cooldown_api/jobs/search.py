"""Jobs by what they are and by their labels, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, String, column, exists, func, literal, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Job
from cooldown_api.database.types import Json
from cooldown_api.pages import Cursor, Order, select_page

LISTED = ("run", "dataset")
"""Kinds in a list of jobs that asks for none: plans have a list of their own."""


@dataclass(frozen=True, kw_only=True)
class JobFilter:
    """What a job must be to be listed; nothing given, nothing asked."""

    kinds: Sequence[str] = LISTED
    states: Sequence[str] = ()
    name: str | None = None
    created_by: str | None = None
    study: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    unlabelled: bool = False
    """Only those without any label."""


def find_jobs(
    session: Session, wanted: JobFilter, cursor: Cursor, order: Order = "desc"
) -> tuple[Sequence[Job], bool]:
    """One page of jobs, and whether there are more."""
    return select_page(session, _matching(session, wanted), Job.id, cursor, order)


def _matching(session: Session, wanted: JobFilter) -> Select[Job]:
    statement = select(Job).where(Job.kind.in_(wanted.kinds))
    if wanted.states:
        statement = statement.where(Job.state.in_(wanted.states))
    for attribute, value in ((Job.name, wanted.name), (Job.created_by, wanted.created_by)):
        if value is not None:
            statement = statement.where(attribute == value)
    if wanted.study is not None:
        statement = statement.where(Job.study_id == wanted.study)
    if wanted.unlabelled:
        statement = statement.where(Job.labels == literal({}, Json))
    for key, value in wanted.labels.items():
        statement = statement.where(has_label(session, key, value))
    return statement


def has_label(session: Session, key: str, value: str) -> ColumnElement[bool]:
    """Whether a job has that label. The key is a bound value on both databases, so it may hold any character."""
    if session.get_bind().dialect.name == "sqlite":
        labels = func.json_each(Job.labels).table_valued(column("key", String), column("value", String))
        return exists(
            select(literal(1)).select_from(labels).where(labels.c.key == key, labels.c.value == value)
        )
    return func.jsonb_extract_path_text(Job.labels, key) == value
