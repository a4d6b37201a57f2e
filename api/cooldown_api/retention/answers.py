"""Answers to idempotency keys, once they are not remembered any more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cooldown_api.database.tables import Idempotency

_AT_ONCE: Final = 200


def any_answers(session: Session, before: datetime) -> bool:
    """Whether there is one older than that."""
    return session.scalar(select(Idempotency.id).where(Idempotency.created_at < before).limit(1)) is not None


def forget_some(session: Session, before: datetime) -> int:
    """Remove some of those older than that, and return how many; what another transaction removes just now is left to it."""
    old = (
        select(Idempotency.id)
        .where(Idempotency.created_at < before)
        .order_by(Idempotency.created_at)
        .limit(_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(old).all()
    if ids:
        session.execute(delete(Idempotency).where(Idempotency.id.in_(ids)))
    return len(ids)
