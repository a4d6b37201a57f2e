"""What a conversation with the service consists of.

Everything above the socket is written once, as generators ("flows") that yield these actions and are sent their results.
``blocking.py`` and ``awaiting.py`` carry the actions out; only there do the two clients differ.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True)
class Outgoing:
    """A request, without the key: that is added when it is sent."""

    method: str
    path: str
    """Below the service's address: ``/v1/jobs``."""
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    content: bytes | None
    timeout: httpx.Timeout

    def build(self, http: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        return http.build_request(
            self.method,
            self.path,
            params=self.query or None,
            headers=self.headers,
            content=self.content,
            timeout=self.timeout,
        )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: httpx.Headers
    content: bytes = field(repr=False, default=b"")
    """Empty where the body is still to be read."""


@dataclass(frozen=True)
class Send:
    """Send, and read the answer whole. Gives an :class:`Answer`; ``httpx.RequestError`` is thrown into the flow."""

    request: Outgoing


@dataclass(frozen=True)
class Open:
    """Send, and read the answer's body with :class:`Read`; one that is open is closed first. Bodies of errors are read at once."""

    request: Outgoing


@dataclass(frozen=True)
class Read:
    """The next bytes of the opened body, as they come; ``None`` at its end."""


@dataclass(frozen=True)
class Close:
    """Close the opened body."""


@dataclass(frozen=True)
class Pause:
    """Wait for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Give:
    """One thing of an iterator, for whoever iterates."""

    item: Any


@dataclass(frozen=True)
class Tell:
    """Call a function of the user; awaited where it may be."""

    function: Callable[[Any], Any]
    argument: Any


Action = Send | Open | Read | Close | Pause | Give | Tell
Flow = Generator[Action, Any, T]
