"""``Idempotency-Key``: the same request with the same key is done once, and answered twice."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Header
from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from cooldown_api.access import Access
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import Idempotency
from cooldown_api.problems import ProblemError

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=256,
        pattern=r"^[!-~]+$",
        description="Sent again with the same body, the first answer comes again and nothing is done twice.",
    ),
]
_SWEPT_AT_ONCE = 100
"""One request in so many removes so many of what has expired: the table stays as small, and nobody waits for it."""
_TRIES = 5
"""Each waits for the other request to end; more than one is needed only where that one gave up."""


class _TakenMeanwhile(Exception):
    """Another request with the same key was faster."""


def replayed(access: Access, key: str | None, route: str, body: BaseModel | None) -> JSONResponse | None:
    """The answer that the same request got before, if any: asked before anything slow is done.

    Raises :class:`ProblemError` ``idempotency-mismatch`` where the key was used for another request.
    """
    if key is None:
        return None
    with access.read() as session:
        row = _find(session, access, key, route)
        return None if row is None else _replay(row, _digest(access.project, route, body))


def once(
    access: Access,
    key: str | None,
    route: str,
    body: BaseModel | None,
    status: int,
    make: Callable[[Session], BaseModel],
    location: Callable[[Any], str] | None = None,
) -> JSONResponse:
    """Run ``make`` in one writing transaction, and remember its answer under the key in the same one.

    A concurrent request with the same key waits for the first, and then gets its answer.
    """
    digest = _digest(access.project, route, body)
    for number in range(_TRIES):
        try:
            with access.write() as session:
                row = None
                if key is not None:
                    if secrets.randbelow(_SWEPT_AT_ONCE) == 0:
                        _sweep(session, access)
                    # the first try takes the key without asking: `replayed` has just found it free
                    if number and (known := _used(session, key, route)) is not None:
                        if known.created_at >= _oldest(session, access):
                            return _replay(known, digest)
                        session.delete(known)
                        session.flush()
                    row = _reserve(session, access, key, route, digest)
                made = make(session)
                content = made.model_dump(mode="json")
                if row is not None:
                    row.status, row.body = status, content
            headers = {"location": location(made)} if location else None
            return JSONResponse(content, status, headers)
        except _TakenMeanwhile:
            continue
    raise ProblemError("unavailable", "another request with the same `Idempotency-Key` is not done yet")


def _reserve(session: Session, access: Access, key: str, route: str, digest: str) -> Idempotency:
    """Take the key. Postgres lets the second of two wait here until the first has committed or given up."""
    row = Idempotency(
        id=new_id("idem"),
        route=route,
        key=key,
        request_digest=digest,
        status=0,
        body={},
        created_at=access.now(session),
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise _TakenMeanwhile from None
    return row


def _find(session: Session, access: Access, key: str, route: str) -> Idempotency | None:
    """What the key was used for, while that is remembered."""
    row = _used(session, key, route)
    return row if row is not None and row.created_at >= _oldest(session, access) else None


def _used(session: Session, key: str, route: str) -> Idempotency | None:
    return session.scalar(select(Idempotency).where(Idempotency.route == route, Idempotency.key == key))


def _replay(row: Idempotency, digest: str) -> JSONResponse:
    if row.request_digest != digest:
        raise ProblemError(
            "idempotency-mismatch",
            "this `Idempotency-Key` was used for another request",
            where="Idempotency-Key",
            remedy="use a new key for a new request",
        )
    return JSONResponse(row.body, row.status, {"idempotent-replayed": "true"})


def _sweep(session: Session, access: Access) -> None:
    """Remove some of what has expired, in passing; what another transaction removes just now is left to it."""
    old = (
        select(Idempotency.id)
        .where(Idempotency.created_at < _oldest(session, access))
        .order_by(Idempotency.created_at)
        .limit(_SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(old).all()
    if ids:
        session.execute(delete(Idempotency).where(Idempotency.id.in_(ids)))


def _oldest(session: Session, access: Access) -> Any:
    return access.now(session) - timedelta(hours=access.service.settings.idempotency_hours)


def _digest(project: str, route: str, body: BaseModel | None) -> str:
    content = None if body is None else body.model_dump(mode="json")
    canonical = json.dumps([project, route, content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
