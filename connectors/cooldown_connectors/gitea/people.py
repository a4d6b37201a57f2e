"""Accounts of Gitea and Forgejo."""

from __future__ import annotations

from typing import Final

from cooldown_connectors.forge.fields import at, integer, text
from cooldown_connectors.forge.protocol import Json
from cooldown_kit.records import Person

GHOST: Final = -1
"""The id of whoever deleted their account; ids below it are the server's own: Actions, project workflows."""


def person(item: Json, *path: str) -> Person | None:
    """Who it is; ``None`` for a deleted account.

    The API does not say which accounts are bots (their type is not in it): only the server's own are known to be.
    """
    user = at(item, *path)
    login = text(user, "login") or text(user, "username")
    identity = integer(user, "id")
    if not login or identity == GHOST:
        return None
    email = text(user, "email")
    if "@noreply." in email:  # stands for an address that is kept private
        email = ""
    machine = True if identity is not None and identity < GHOST else None
    return Person(name=text(user, "full_name"), email=email, login=login, bot=machine)


def author(item: Json) -> Person | None:
    """Who wrote an issue or a comment; of what was brought over from another forge, their name there."""
    original = text(item, "original_author")
    return Person(name="", email="", login=original) if original else person(item, "user")
