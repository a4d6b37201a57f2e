"""``expires_after``: when a file is to be removed by itself."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from cooldown_api.openai.route import invalid

_LEAST: Final = 3600
_MOST: Final = 2_592_000


class ExpiresAfter(BaseModel):
    model_config = ConfigDict(extra="forbid")

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=_LEAST, le=_MOST)]


def seconds_of(anchor: str | None, seconds: str | None) -> int | None:
    """From the fields of a form. Raises :class:`ProblemError` where one is missing or wrong."""
    if anchor is None and seconds is None:
        return None
    if anchor != "created_at":
        raise invalid("expires_after.anchor", "`expires_after[anchor]` must be `created_at`")
    if seconds is None or not (
        seconds.isascii() and seconds.isdigit() and _LEAST <= int(seconds[:12]) <= _MOST
    ):
        raise invalid(
            "expires_after.seconds", f"`expires_after[seconds]` must be a number from {_LEAST} to {_MOST}"
        )
    return int(seconds)
