"""From a reference to its token."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cooldown_connectors.credentials.cli_configuration import configured_token
from cooldown_connectors.credentials.private_files import read_private
from cooldown_connectors.credentials.references import checked_reference
from cooldown_connectors.credentials.token import Token
from cooldown_connectors.http.addresses import split
from cooldown_connectors.http.clock import Clock, SystemClock
from cooldown_kit.errors import InputError
from cooldown_kit.guard.use import allow_reference, secret_text

if TYPE_CHECKING:  # httpx is imported where something is asked over it
    from cooldown_connectors.http.connection import Connecting


def token_of(
    reference: str,
    *,
    folder: Path,
    address: str,
    connecting: Connecting | None = None,
    clock: Clock | None = None,
) -> Token:
    """The token that a reference leads to. Raises :class:`InputError` with what to do, which never shows the token.

    Args:
        folder: the recipe's; relative paths start there.
        address: of the forge, or any URL on it: ``gh`` and ``glab`` keep a token for each host.
        connecting: how an app's token is asked for.
    """
    kind, _, rest = checked_reference(reference).partition(":")
    allow_reference(reference, folder)
    if kind == "secret":
        return Token(reference, secret_text(rest))
    if kind == "env":
        value = os.environ.get(rest, "")
        if not value:
            raise InputError(
                f"the environment variable {rest} is not set",
                where="token",
                remedy=f"set it before the run: export {rest}=…",
            )
        return Token(reference, value)
    if kind == "file":
        return Token(reference, read_private(folder / Path(rest).expanduser(), reference))
    if kind == "app":
        from cooldown_connectors.credentials.github_app import AppToken
        from cooldown_connectors.http.connection import Connecting

        return AppToken(
            reference,
            folder,
            address,
            connecting or Connecting(proxy="environment"),
            clock or SystemClock(),
        )
    return configured_token(reference, split(address).netloc.rpartition("@")[2].lower())
