"""API keys, and who the caller is."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from cooldown_kit.client.wire.bodies import Answer, Request
from cooldown_kit.client.wire.names import Role
from cooldown_kit.client.wire.words import Open


class KeyCreate(Request):
    name: str = Field(min_length=1, max_length=128)
    role: Role = "editor"
    expires_at: AwareDatetime | None = None
    platform: bool = False
    """Whether it may choose any project, and with the role `admin` do what concerns all of them; only who may do so can make one."""


class Key(Answer):
    id: str
    object: Literal["api_key"] = "api_key"
    name: str
    project: str
    prefix: str
    """What it begins with."""
    role: Open[Role]
    platform: bool = False
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class KeyCreated(Key):
    secret: str
    """Shown this once."""


class Me(Answer):
    """Who the caller is."""

    actor: str
    project: str
    role: Open[Role]
    platform: bool
    """Whether it may do what concerns all projects."""
