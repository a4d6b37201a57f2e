"""Whether anybody could authenticate."""

from __future__ import annotations

from sqlalchemy import or_, select

from cooldown_api.database.scoping import ALL_PROJECTS
from cooldown_api.database.tables import ApiKey
from cooldown_api.service import Service


def has_way_in(service: Service) -> bool:
    """Whether there is a valid key, or an identity provider."""
    if service.settings.oidc is not None:
        return True
    with service.database.read(ALL_PROJECTS) as session:
        now = service.database.now(session)
        valid = select(ApiKey.id).where(
            ApiKey.revoked_at.is_(None), or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
        )
        return session.scalar(valid.limit(1)) is not None
