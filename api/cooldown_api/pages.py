"""Pages of lists: a cursor is the id of the last thing that was seen, so a page is a range of an index.

Identifiers sort by the time they were made. What is added while somebody turns pages comes before the first page (newest first), so
no page repeats or leaves out a thing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cooldown_kit.client.wire import Page

ID_PATTERN = r"^[A-Za-z0-9_-]+$"
Order = Literal["desc", "asc"]
Row = TypeVar("Row")
Item = TypeVar("Item", bound=BaseModel)


@dataclass(frozen=True)
class Cursor:
    """What part of a list is asked for."""

    after: str | None = None
    limit: int = 20


def _cursor(
    after: Annotated[
        str | None,
        Query(max_length=64, pattern=ID_PATTERN, description="`last_id` of the page before."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Things on one page.")] = 20,
) -> Cursor:
    return Cursor(after, limit)


PageCursor = Annotated[Cursor, Depends(_cursor)]


def select_page(
    session: Session,
    statement: Select[Row],
    id: InstrumentedAttribute[str],
    cursor: Cursor,
    order: Order = "desc",
) -> tuple[Sequence[Row], bool]:
    """The rows of one page, and whether there are more."""
    if cursor.after is not None:
        statement = statement.where(id < cursor.after if order == "desc" else id > cursor.after)
    ordered = statement.order_by(id.desc() if order == "desc" else id.asc()).limit(cursor.limit + 1)
    rows = session.scalars(ordered).all()
    return rows[: cursor.limit], len(rows) > cursor.limit


def page_of(
    items: list[Item],
    has_more: bool,
    id_of: Callable[[Item], Any] = lambda item: item.id,  # type: ignore[attr-defined]
) -> Page[Item]:
    """A page of the wire."""
    ids = [str(id_of(item)) for item in (items[:1] + items[-1:])]
    return Page[Any](
        data=items,
        has_more=has_more,
        first_id=ids[0] if ids else None,
        last_id=ids[-1] if ids else None,
    )
