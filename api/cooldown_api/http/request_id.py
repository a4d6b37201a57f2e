"""An id for every request: the caller's, where it is one, or ours."""

from __future__ import annotations

import re
from typing import Final

from cooldown_api.database.ids import new_id

HEADER: Final = "x-request-id"
_SHAPE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id_of(given: str | None) -> str:
    """What the caller sent, where it has a form that is safe in logs and headers; else a new one."""
    return given if given is not None and _SHAPE.fullmatch(given) else new_id("req")
