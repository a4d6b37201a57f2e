"""A server on loopback, a clock that a test moves, and a client that asks the one by the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from cooldown_connectors.credentials.token import Token
from cooldown_connectors.http.asked import Asked
from cooldown_connectors.http.client import Client
from cooldown_connectors.http.connection import Connecting

from cooldown_kit.events import Event

from ...support.guarding import held, names  # noqa: F401 - fixtures
from ...support.loopback_server import FakeClock, Server, serving

SECRET = "s3cr3t-t0ken-of-acme"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def made(server, clock, events):
    """Clients of the server, closed when the test ends."""
    with ExitStack() as stack:

        def make(*tokens: str, **values: Any) -> Client:
            connecting = values.pop("connecting", Connecting(timeout_seconds=20))
            emit = values.pop("emit", events.append)
            asked = Asked(api=server.url, source="forge", connecting=connecting, **values)
            named = [Token(f"env:T{number}", value) for number, value in enumerate(tokens, 1)]
            return stack.enter_context(Client(asked, named, emit=emit, clock=clock))

        yield make
