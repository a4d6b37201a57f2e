"""From a source's options to the client that asks its forge."""

from __future__ import annotations

from pathlib import Path

from cooldown_connectors.credentials.token import Token
from cooldown_connectors.credentials.tokens import token_of
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Forge, Limits
from cooldown_connectors.forge.session import forge_address
from cooldown_connectors.http.asked import Asked
from cooldown_connectors.http.client import Client
from cooldown_connectors.http.clock import Clock, SystemClock
from cooldown_connectors.http.connection import Connecting
from cooldown_kit.events import Emit


def forge_client(
    forge: Forge,
    options: ForgeOptions,
    *,
    folder: Path,
    emit: Emit,
    source: str,
    clock: Clock | None = None,
    seed: int = 0,
) -> Client:
    """A client for all repositories of a source; nothing is asked yet.

    Args:
        folder: the recipe's; relative paths of tokens and certificates start there.

    Raises :class:`~cooldown_kit.errors.InputError` where a token, a certificate or a package is missing.
    """
    clock = clock or SystemClock()
    address = forge_address(forge, options)
    connecting = Connecting(
        timeout_seconds=options.timeout_seconds,
        max_response_size=options.max_response_size,
        proxy=options.proxy,
        ca_bundle=None if options.ca_bundle is None else folder / Path(options.ca_bundle).expanduser(),
        connections=options.concurrency,
    )
    limits = limits_of(forge, options)
    asked = Asked(
        api=forge.api(address),
        source=source,
        token_headers=forge.access.headers,
        token_help=forge.access.token_help,
        accept=forge.accept,
        connecting=connecting,
        reserve=options.reserve,
        calls_per_hour=limits.calls_per_hour,
        points_per_hour=limits.points_per_hour,
        seconds_between=limits.seconds_between,
        max_calls=options.max_calls,
        seed=seed,
    )
    return Client(asked, forge_tokens(options, folder, address, connecting, clock), emit=emit, clock=clock)


def limits_of(forge: Forge, options: ForgeOptions) -> Limits:
    """The maker's published bounds hold for the maker's own service; a server of one's own says itself what it bounds."""
    return forge.limits if forge_address(forge, options) == forge.hosted else Limits()


def forge_tokens(
    options: ForgeOptions, folder: Path, address: str, connecting: Connecting, clock: Clock
) -> list[Token]:
    """The tokens of a source, each once; an app's is asked for when it is first needed."""
    tokens = [
        token_of(reference, folder=folder, address=address, connecting=connecting, clock=clock)
        for reference in dict.fromkeys(options.token)
    ]
    plain: dict[str, Token] = {}
    for token in tokens:
        if not token.reference.startswith("app:"):
            plain.setdefault(token.value(), token)
    kept = set(map(id, plain.values()))
    return [token for token in tokens if token.reference.startswith("app:") or id(token) in kept]
