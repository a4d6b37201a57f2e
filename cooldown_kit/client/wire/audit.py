"""Who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from cooldown_kit.client.wire.bodies import Answer


class AuditEntry(Answer):
    id: str
    object: Literal["audit"] = "audit"
    time: datetime
    project: str | None
    actor: str
    action: str
    target: str
    ip: str | None
    request_id: str | None
    detail: dict[str, Any]
