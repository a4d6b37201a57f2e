"""A receiver on loopback, a service that may reach it, and a dispatcher that is asked to send by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from cooldown_api.app import create_app
from cooldown_api.service import Service
from cooldown_api.settings import Settings, SourceSettings
from cooldown_api.webhooks.dispatcher import Dispatcher
from fastapi.testclient import TestClient

from loopback_server import Said, Server, serving


@pytest.fixture
def receiver() -> Iterator[Server]:
    with serving() as server:
        server.script(Said({}))
        yield server


@pytest.fixture
def service(make_settings: Callable[..., Settings]) -> Iterator[Service]:
    service = Service.open(make_settings(sources=SourceSettings(private_hosts=["127.0.0.1"])))
    yield service
    service.close()


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    with TestClient(create_app(service.settings, service), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def send_due(service: Service) -> Callable[[], int]:
    """Send what is due now; returns how many were tried."""
    dispatcher = Dispatcher(service.database, service.settings)
    return lambda: asyncio.run(dispatcher.send_due())
