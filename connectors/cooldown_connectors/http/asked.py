"""Whom a client asks, and how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cooldown_connectors.http.connection import Connecting


def _bearer(token: str) -> Mapping[str, str]:
    return {"authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Asked:
    """One forge, and what its options and its file say of questions to it."""

    api: str
    """The API's root; its scheme, host and port are the only ones that are ever asked."""
    source: str = ""
    """Name of the source, for messages."""
    token_headers: Callable[[str], Mapping[str, str]] = _bearer
    """How a token is presented."""
    token_help: str = ""
    """What kind of token to make."""
    accept: str = "application/json"
    connecting: Connecting = field(default_factory=Connecting)
    reserve: float = 0.0
    """Share of each token's quota that is left to others."""
    calls_per_hour: int | None = None
    """Where the forge's answers do not say it."""
    points_per_hour: int | None = None
    """The same for GraphQL."""
    seconds_between: float = 0.0
    """From one question of a token to its next."""
    max_calls: int | None = None
    seed: int = 0
    """Of the pauses between tries."""
