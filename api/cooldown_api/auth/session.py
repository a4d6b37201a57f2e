"""Signed-in browsers. The cookie holds a random value, the database its digest; a session ends with the key it was opened with."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Final

from fastapi import Response
from sqlalchemy import delete

from cooldown_api.auth.identity import Identity
from cooldown_api.auth.keys import find_key, identity_of, is_valid
from cooldown_api.auth.known import digest_of
from cooldown_api.auth.principal import Principal
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import ApiKey, BrowserSession
from cooldown_api.problems import ProblemError
from cooldown_api.service import Service

COOKIE: Final = "cooldown_session"
LASTS: Final = timedelta(hours=12)


def sign_in(service: Service, key: str, address: str = "") -> tuple[str, Principal]:
    """Open a session with an API key. Returns the cookie's value and the caller.

    ``address``: of the browser, which must wait where it failed too often. Raises :class:`ProblemError` ``not-authenticated`` for a
    key that is not valid, ``too-many-requests``.
    """
    failures = service.callers.failures
    failures.check(address)
    with service.database.read(ALL_PROJECTS) as session:  # who guesses takes no writer's turn
        identity = find_key(session, key.strip(), service.database.now(session))
    if identity is None:
        failures.failed(address)
        raise ProblemError("not-authenticated", "this key is not valid", remedy="check it, or make another")
    with service.database.write(ALL_PROJECTS) as session:
        now = service.database.now(session)
        value = secrets.token_urlsafe(32)
        ends = now + LASTS
        session.execute(delete(BrowserSession).where(BrowserSession.expires_at < now))
        session.add(
            BrowserSession(
                digest=digest_of(value),
                principal={"key": identity.key_id},
                created_at=now,
                expires_at=min(ends, identity.expires_at or ends),
            )
        )
    return value, identity.principal(None, service.settings.default_project)


def sign_out(service: Service, value: str) -> None:
    """End a session; nothing happens where it has ended already."""
    with service.database.write(ALL_PROJECTS) as session:
        session.execute(delete(BrowserSession).where(BrowserSession.digest == digest_of(value)))
    service.callers.known.forget_all()


def find_session(service: Service, value: str) -> Identity | None:
    """Who signed in; ``None`` where the session has ended, or its key was revoked."""
    with service.database.read(ALL_PROJECTS) as session:
        now = service.database.now(session)
        row = session.get(BrowserSession, digest_of(value))
        if row is None or now >= row.expires_at:
            return None
        key = session.get(ApiKey, row.principal["key"])
        if key is None or not is_valid(key, now):
            return None
        return replace(identity_of(key), expires_at=row.expires_at)


def set_cookie(response: Response, value: str, *, secure: bool) -> None:
    """Hand the session to the browser. ``secure``: whether it came over https."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(LASTS.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def clear_cookie(response: Response, *, secure: bool) -> None:
    response.delete_cookie(COOKIE, path="/", secure=secure, httponly=True, samesite="strict")
