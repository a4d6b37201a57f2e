"""Every test of a client runs on both: the one that blocks and the one that is awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from both_clients import Awaited
from cooldown_kit.client import retry
from cooldown_kit.client.client import AsyncClient, Client
from faulty_service import FaultyService, faulty_service


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name in ("URL", "API_KEY", "PROJECT", "CONTEXT", "CONFIG"):
        monkeypatch.delenv(f"COOLDOWN_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


@pytest.fixture
def server() -> Iterator[FaultyService]:
    with faulty_service() as server:
        yield server


@pytest.fixture(params=["blocking", "awaiting"])
def make_client(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Makes clients of one kind; closes them at the end."""
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())

        def make(*arguments: Any, **options: Any) -> Any:
            kind = Client if request.param == "blocking" else AsyncClient
            client = kind(*arguments, **options)
            made = client if request.param == "blocking" else Awaited(client, runner)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def client(server: FaultyService, make_client: Callable[..., Any]) -> Any:
    return make_client(server.url, "ck_test_secret")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waiting passes at once; what was waited for is remembered."""
    waited: list[float] = []
    sleep = asyncio.sleep

    async def remember(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr("cooldown_kit.client.blocking.time.sleep", waited.append)
    monkeypatch.setattr("cooldown_kit.client.awaiting.asyncio.sleep", remember)
    monkeypatch.setattr(retry.random, "random", lambda: 0.0)
    return waited
