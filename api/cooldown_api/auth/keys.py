"""API keys: ``ck_`` + 8 signs to find it by + ``_`` + 43 signs of secret. Only a digest of the secret is kept."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from cooldown_api.auth.identity import EVERYWHERE, Identity
from cooldown_api.database.ids import new_id
from cooldown_api.database.tables import ApiKey
from cooldown_kit.client.wire import Role

_ALPHABET: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_SHAPE: Final = re.compile(r"ck_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
_USED_EVERY: Final = timedelta(minutes=1)
_NOBODY: Final = "0" * 64


@dataclass(frozen=True)
class NewKey:
    """A key as it is shown, once."""

    secret: str
    row: ApiKey

    def __repr__(self) -> str:
        return f"NewKey({self.row.id})"


def looks_like_key(text: str) -> bool:
    return _SHAPE.fullmatch(text) is not None


def create_key(
    session: Session,
    *,
    project: str,
    name: str,
    role: Role,
    created_by: str,
    now: datetime,
    expires_at: datetime | None = None,
    platform: bool = False,
) -> NewKey:
    """Add a key. Its secret has 256 bits of chance, so that a plain SHA-256 keeps it safe."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    secret = secrets.token_urlsafe(32)
    row = ApiKey(
        id=new_id("key"),
        project_id=project,
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        role=role,
        platform=platform,
        created_by=created_by,
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return NewKey(f"ck_{prefix}_{secret}", row)


def find_key(session: Session, text: str, now: datetime) -> Identity | None:
    """Whose key this is; ``None`` for one that is unknown, revoked or past its time. The session sees all projects."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return None
    row = session.scalar(select(ApiKey).where(ApiKey.prefix == shape[1]))
    known = row.digest if row is not None else _NOBODY
    if not hmac.compare_digest(known, _digest(shape[2])) or row is None or not is_valid(row, now):
        return None
    return identity_of(row)


def is_valid(row: ApiKey, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or now < row.expires_at)


def identity_of(row: ApiKey) -> Identity:
    role = cast(Role, row.role)
    grants: dict[str, Role] = {row.project_id: role}
    if row.platform:
        grants[EVERYWHERE] = role
    return Identity(f"key:{row.id}", grants, home=row.project_id, key_id=row.id, expires_at=row.expires_at)


def mark_used(session: Session, key_id: str, now: datetime) -> None:
    """Note that a key was used, at most once a minute over all processes."""
    session.execute(
        update(ApiKey)
        .where(
            ApiKey.id == key_id,
            or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < now - _USED_EVERY),
        )
        .values(last_used_at=now)
        .execution_options(synchronize_session=False)
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
