"""From a request to its principal: a key, a token of the identity provider, or a signed-in browser."""

from __future__ import annotations

import contextlib
import ipaddress

from fastapi import Request
from sqlalchemy.exc import OperationalError

from cooldown_api.auth.identity import EVERYWHERE, Identity
from cooldown_api.auth.keys import find_key, looks_like_key, mark_used
from cooldown_api.auth.oidc import looks_like_token
from cooldown_api.auth.origin import SAFE, from_own_pages
from cooldown_api.auth.principal import Principal
from cooldown_api.auth.session import COOKIE, find_session
from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import Project
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.service import Service

PROJECT_HEADERS = ("x-cooldown-project", "openai-project")


def authenticate(request: Request) -> Principal:
    """Who sends this request, and in which project they act.

    Raises :class:`ProblemError`: ``not-authenticated``, ``not-allowed`` for a page of another site, ``not-found`` for a project
    that is not theirs, ``bad-request`` where they must choose one, ``too-many-requests``.
    """
    service: Service = request.app.state.service
    identity = _local(service, request) if service.settings.auth == "none" else _identity(service, request)
    asked = next((name for header in PROJECT_HEADERS if (name := request.headers.get(header))), None)
    principal = identity.principal(asked, service.settings.default_project)
    request.state.principal = principal
    if service.settings.auth != "none":
        request.state.allowance = service.callers.rates.take(identity.actor)
    if principal.project != identity.home and not service.callers.known.is_project(
        principal.project, lambda project: _exists(service, project)
    ):
        raise not_found("project", principal.project)
    if identity.key_id is not None:
        _note_use(service, identity.key_id)
    return principal


def _local(service: Service, request: Request) -> Identity:
    """Without authentication: whoever sits at this machine, but no page that their browser shows them."""
    client = request.client.host if request.client else ""
    if _is_elsewhere(client):
        raise ProblemError(
            "not-allowed",
            f"this service answers its own machine only, and {client} is another",
            remedy="start it with COOLDOWN_AUTH=required",
        )
    if request.method not in SAFE and not from_own_pages(request.headers, service.settings, unsaid=True):
        raise _foreign_page()
    return Identity("local", {EVERYWHERE: "admin"}, home=service.settings.default_project)


def _identity(service: Service, request: Request) -> Identity:
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    credential = credential.strip()
    if scheme:
        if scheme.lower() != "bearer" or not credential:
            raise _nobody("the Authorization header is no `Bearer` and a key")
    else:
        credential = request.cookies.get(COOKIE, "")
        if not credential:
            raise _nobody("no key and no token were sent")
        if request.method not in SAFE and not from_own_pages(request.headers, service.settings, unsaid=False):
            raise _foreign_page()
        credential = f"{COOKIE}={credential}"
    known = service.callers.known.get(credential)
    return known or _looked_up(service, credential, request.client.host if request.client else "")


def _looked_up(service: Service, credential: str, address: str) -> Identity:
    callers = service.callers
    if not callers.known.was_good(credential):  # behind one proxy who guesses must not hold up everybody
        callers.failures.check(address)
    generation = callers.known.generation
    found: Identity | None = None
    try:
        if credential.startswith(f"{COOKIE}="):
            found = find_session(service, credential.removeprefix(f"{COOKIE}="))
        elif looks_like_key(credential):
            with service.database.read(ALL_PROJECTS) as session:
                found = find_key(session, credential, service.database.now(session))
        elif callers.oidc is not None and looks_like_token(credential):
            found = callers.oidc.verify(credential)
        if found is None:
            raise _nobody("the key, token or session is not valid, or no longer")
    except ProblemError as error:
        if error.kind.status == 401:
            callers.failures.failed(address)
        raise
    callers.known.remember(credential, found, generation)
    return found


def _note_use(service: Service, key_id: str) -> None:
    if not service.callers.known.use_is_due(key_id):
        return
    # a database that is busy or away for a moment must not fail the request for this
    with contextlib.suppress(OperationalError), service.database.write(ALL_PROJECTS) as session:
        mark_used(session, key_id, service.database.now(session))


def _exists(service: Service, project: str) -> bool:
    with service.database.read(ALL_PROJECTS) as session:
        return "\x00" not in project and session.get(Project, project) is not None


def _is_elsewhere(client: str) -> bool:
    try:
        return not ipaddress.ip_address(client).is_loopback
    except ValueError:
        return False  # a UNIX socket


def _nobody(why: str) -> ProblemError:
    return ProblemError(
        "not-authenticated",
        why,
        remedy="send `Authorization: Bearer ck_…`, or a token of your identity provider",
    )


def _foreign_page() -> ProblemError:
    return ProblemError(
        "not-allowed",
        "a page of another site sent this request",
        remedy="use the dashboard under the address of this service, or send a key",
    )
