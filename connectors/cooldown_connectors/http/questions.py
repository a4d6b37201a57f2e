"""A question to a forge, and its answer, read whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

KEPT_HEADERS: Final = frozenset(
    {
        "content-type",
        "date",
        "etag",
        "last-modified",
        "link",
        "x-hasmore",
        "x-ms-continuationtoken",
        "x-next-page",
        "x-page",
        "x-per-page",
        "x-total",
        "x-total-count",
        "x-total-pages",
    }
)
"""Headers of an answer that callers see. The archive keeps the same, so that a replay shows no more and no less."""


def _nothing() -> None:
    """Nobody counts."""


@dataclass(frozen=True)
class Question:
    """What is asked. Holds no token and nothing made of one."""

    method: str
    url: str
    """Absolute."""
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the forge's file adds for this question."""
    etag: str | None = None
    """Of the last answer to the same question: a 304 may come back."""
    resource: str = "core"
    """Which of the forge's quotas it uses, as far as we can tell beforehand."""
    graphql: bool = False
    """An answer with status 200 may be an error."""
    halvable: bool = False
    """Less can be asked for at once: :class:`~cooldown_connectors.http.errors.TooHeavy` is raised instead of trying for long."""
    spent: Callable[[], None] = field(default=_nothing, compare=False)
    """Called for each call that it takes."""

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    @property
    def digest(self) -> bytes:
        """16 bytes that are the same for the same question. Neither the host nor the ETag counts."""
        parts = (self.method, self.target, *(f"{k.lower()}:{v}" for k, v in sorted(self.headers.items())))
        head = "\x00".join(parts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(head + b"\x00\x00" + (self.body or b""), digest_size=16).digest()


@dataclass(frozen=True)
class Answer:
    """What came back, without anything made of a token."""

    status: int
    headers: Mapping[str, str]
    """Those of :data:`KEPT_HEADERS`, names in lower case."""
    body: bytes
    data: Any
    """The body's JSON; ``None`` where there is no body."""


class Asking(Protocol):
    """Whoever answers questions: the forge, the forge with an archive that writes along, or an archive alone."""

    def ask(self, question: Question) -> Answer:
        """Raises what :mod:`cooldown_connectors.http.errors` names, and ``InputError`` with what to do."""
        ...

    def interrupt(self) -> None:
        """Let whoever waits in another thread raise ``Stopped`` within a second; nobody can ask for long after this."""
        ...
