"""Settings as an operator may look at them: by the names of their variables, secrets masked."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pydantic import BaseModel, SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from cooldown_api.settings import Settings

_MASK = "********"


def shown_settings(settings: Settings) -> Iterator[tuple[str, str]]:
    """Variable and value of every setting; of the database's URL all but the password."""
    yield from _rows(settings, "COOLDOWN_")


def _rows(part: BaseModel, prefix: str) -> Iterator[tuple[str, str]]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        own = "DATABASE_URL" if name == "database_url" else f"{prefix}{name}".upper()
        if isinstance(value, BaseModel):
            yield from _rows(value, f"{own}__")
        elif name == "database_url":
            yield own, _masked_url(value)
        elif isinstance(value, SecretStr):
            yield own, _MASK if value.get_secret_value() else ""
        elif isinstance(value, list | dict):
            yield own, json.dumps(value, default=str)
        else:
            yield own, "" if value is None else str(value)


def _masked_url(value: SecretStr) -> str:
    text = value.get_secret_value()
    try:
        url = make_url(text) if text else None
    except ArgumentError:
        return _MASK
    if url is None:
        return ""
    return url.set(query={}).render_as_string(hide_password=True)
