"""GitLab's users as people, its times as times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from cooldown_connectors.forge.fields import EPOCH, flag, moment, text
from cooldown_connectors.forge.protocol import Json
from cooldown_kit.records import Person

_BOT = re.compile(r"(?:project|group)_\d+_bot(?:_[0-9a-z]+)?\d*|service_account_\S+")
"""User names that GitLab gives to the bots of access tokens and to service accounts."""
_DELETED: Final = "ghost"
"""Who stands in for deleted accounts."""


def person(user: Json) -> Person | None:
    """A user object; ``None`` for nobody and for an account that was deleted."""
    login = text(user, "username")
    if not login or login == _DELETED:
        return None
    said = flag(user, "bot")  # most answers do not say it
    bot = True if said is None and _BOT.fullmatch(login) else said
    return Person(name=text(user, "name"), email="", login=login, bot=bot)


def time_of(item: Json, field: str) -> datetime:
    """A time that cannot be missing; where it is, 1970 stands for it, so that nothing else is lost."""
    return moment(item, field) or EPOCH


def written(time: datetime) -> str:
    """A time as all cursors write it, so that they compare as text: ``2026-03-04T09:17:22.520Z``.

    GitLab keeps microseconds and shows milliseconds. Cut off, not rounded: asking from it on never misses anything.
    """
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}Z"
