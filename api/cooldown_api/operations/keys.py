"""API keys of a project: listed, made, revoked."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from cooldown_api.access import Access
from cooldown_api.auth import keys
from cooldown_api.database.tables import ApiKey
from cooldown_api.pages import Cursor, page_of, select_page
from cooldown_api.problems import ProblemError, not_found
from cooldown_api.values import check_body
from cooldown_kit.client import wire


def list_keys(access: Access, cursor: Cursor) -> wire.Page[wire.Key]:
    """Also those that were revoked. Secrets are not kept, so none is shown."""
    with access.read() as session:
        rows, more = select_page(session, select(ApiKey), ApiKey.id, cursor)
        return page_of([wire.Key.model_validate(_fields(row)) for row in rows], more)


def create_key(access: Access, body: wire.KeyCreate) -> wire.KeyCreated:
    """What :func:`key_maker` makes, and raises."""
    make = key_maker(access, body)
    with access.write() as session:
        return make(session)


def key_maker(access: Access, body: wire.KeyCreate) -> Callable[[Session], wire.KeyCreated]:
    """A key for the caller's project. The secret is shown this once, and kept as a digest only.

    Raises :class:`ProblemError`: ``not-allowed`` for a key that may do more than the caller, ``validation`` for an end that has passed.
    """
    check_body(body)
    if body.platform and not access.principal.platform:
        raise ProblemError(
            "not-allowed", "only a platform administrator makes keys of the platform", where="platform"
        )

    def make(session: Session) -> wire.KeyCreated:
        now = access.now(session)
        if body.expires_at is not None and body.expires_at <= now:
            raise ProblemError("validation", "this time has passed already", where="expires_at")
        made = keys.create_key(
            session,
            project=access.project,
            name=body.name,
            role=body.role,
            platform=body.platform,
            expires_at=body.expires_at,
            created_by=access.principal.actor,
            now=now,
        )
        access.audit(session, "key.create", made.row.id, role=body.role, platform=body.platform)
        return wire.KeyCreated.model_validate({**_fields(made.row), "secret": made.secret})

    return make


def revoke_key(access: Access, id: str) -> wire.Deleted:
    """For good: here it is refused at once, in other processes of the service within five seconds. Sessions of it end too."""
    _revoke(access, id)
    access.service.callers.known.forget_all()
    return wire.Deleted(id=id, object="api_key")


def _revoke(access: Access, id: str) -> None:
    with access.write() as session:
        row = session.scalar(select(ApiKey).where(ApiKey.id == id).with_for_update())
        if row is None:
            raise not_found("key", id)
        if row.platform and not access.principal.platform:
            raise ProblemError("not-allowed", "only a platform administrator revokes keys of the platform")
        if row.revoked_at is None:
            row.revoked_at = access.now(session)
            access.audit(session, "key.revoke", id)


def _fields(row: ApiKey) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "project": row.project_id,
        "prefix": f"ck_{row.prefix}",
        "role": row.role,
        "platform": row.platform,
        "created_by": row.created_by,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "last_used_at": row.last_used_at,
        "revoked_at": row.revoked_at,
    }
