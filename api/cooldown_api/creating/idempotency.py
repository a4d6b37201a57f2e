"""``Idempotency-Key``: the same request with the same key is done once, and answered twice."""

from __future__ import annotations

import hashlib
import json
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
_TRIES = 3
"""The second is for a key whose answer has expired; the third for one that another request removed just before."""

Make = Callable[[Session], BaseModel]
"""Does it, inside of a writing transaction; what it returns is the answer."""


def once(
    access: Access,
    key: str | None,
    route: str,
    body: BaseModel | None,
    status: int,
    prepare: Callable[[], Make],
    location: Callable[[Any], str] | None = None,
    *,
    shows_secret: bool = False,
) -> JSONResponse:
    """Do what was asked for, and remember the answer under the key in the same transaction.

    Whether the same request was answered before is asked only where doing it fails: it does where it was, since the key is taken, and
    so does one that came while the first was under way. What the first answered then counts, not why the second failed.

    Args:
        prepare: what is slow, before the transaction; it must leave nothing behind.
        shows_secret: the answer holds what is shown once. Only the id of what was made is remembered then, and said the second time.

    Raises :class:`ProblemError` of what was asked for, ``idempotency-mismatch`` where the key was used for another request, and
    ``conflict`` where the first answer cannot come again.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            made, content = _do(access, key, route, body, status, prepare, shows_secret=shows_secret)
        except (ProblemError, IntegrityError) as error:
            known = None if key is None else _find(access, key, route)
            if known is not None:
                return _replay(known, _digest(access.project, route, body), shows_secret=shows_secret)
            if isinstance(error, ProblemError) or key is None or not tries_left:
                raise
            _forget(access, key, route)
        else:
            return JSONResponse(content, status, {"location": location(made)} if location else None)
    raise AssertionError("the last try returns or raises")


def _do(
    access: Access,
    key: str | None,
    route: str,
    body: BaseModel | None,
    status: int,
    prepare: Callable[[], Make],
    *,
    shows_secret: bool,
) -> tuple[BaseModel, Any]:
    make = prepare()
    with access.write() as session:
        made = make(session)
        content = made.model_dump(mode="json")
        if key is not None:
            # written with the rest at the end: Postgres lets the second of two wait there until the first has committed or given up
            session.add(
                Idempotency(
                    id=new_id("idem"),
                    route=route,
                    key=key,
                    request_digest=_digest(access.project, route, body),
                    status=status,
                    body={"id": content["id"]} if shows_secret else content,
                    created_at=access.now(session),
                )
            )
    return made, content


def _find(access: Access, key: str, route: str) -> Idempotency | None:
    """What the key was used for, while that is remembered."""
    with access.read() as session:
        row = session.scalar(select(Idempotency).where(Idempotency.route == route, Idempotency.key == key))
        return row if row is not None and row.created_at >= _oldest(session, access) else None


def _forget(access: Access, key: str, route: str) -> None:
    """Remove what the key was used for, where that has expired."""
    used = delete(Idempotency).where(Idempotency.route == route, Idempotency.key == key)
    with access.write() as session:
        session.execute(used.where(Idempotency.created_at < _oldest(session, access)))


def _replay(row: Idempotency, digest: str, *, shows_secret: bool) -> JSONResponse:
    if row.request_digest != digest:
        raise ProblemError(
            "idempotency-mismatch",
            "this `Idempotency-Key` was used for another request",
            where="Idempotency-Key",
            remedy="use a new key for a new request",
        )
    if shows_secret:
        raise ProblemError(
            "conflict",
            f"the first request with this `Idempotency-Key` made {row.body['id']}; its secret was shown then, and is not kept",
            where="Idempotency-Key",
            remedy=f"go on with that secret; where it is lost, delete {row.body['id']} and make another with a new key",
        )
    return JSONResponse(row.body, row.status, {"idempotent-replayed": "true"})


def _oldest(session: Session, access: Access) -> Any:
    return access.now(session) - timedelta(hours=access.service.settings.idempotency_hours)


def _digest(project: str, route: str, body: BaseModel | None) -> str:
    try:
        content = None if body is None else body.model_dump(mode="json")
    except ValueError:  # nested deeper than any that was ever done
        return ""
    canonical = json.dumps([project, route, content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
