"""References to a token, and the token that one leads to."""

from __future__ import annotations

import os
import re

from cooldown_kit.errors import InputError

_REFERENCE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


def checked_reference(text: str) -> str:
    """The reference, if it is one. Raises ``ValueError``, whose message never repeats it: it may be a token."""
    if not _REFERENCE.fullmatch(text):
        raise ValueError(
            "a token never stands in a recipe: put it into an environment variable and say `token: env:NAME`"
        )
    return text


def token_of(reference: str) -> str:
    """The token. Raises :class:`InputError` where its variable is not set, or holds what can stand in no header."""
    name = checked_reference(reference).removeprefix("env:")
    value = os.environ.get(name, "").strip()
    if not value:
        raise InputError(
            f"the environment variable {name} is not set",
            where="token",
            remedy=f"set it before the run: export {name}=…",
        )
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise InputError(
            f"what {name} holds is no token", where="token", remedy="put the token there alone, on one line"
        )
    return value
