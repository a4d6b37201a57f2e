"""Who wrote, reviewed or tagged something."""

from __future__ import annotations

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody as the system of record has them. Never rendered: documents carry keyed hashes and pseudonyms."""

    name: str
    """Empty where only the login is known."""
    email: str
    """Empty where the forge does not say it (most do not)."""
    login: str = ""
    """The account's name on the forge, by which texts mention it (``@login``); empty for people of a git history."""
    bot: bool | None = None
    """Whether the platform itself says that the account is a machine's; ``None`` where it says nothing."""
