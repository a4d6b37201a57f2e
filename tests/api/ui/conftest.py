"""Pages of a service that holds the demo jobs."""

from __future__ import annotations

import pytest
from cooldown_api.service import Service
from fastapi.testclient import TestClient

from demo_jobs import Demo, fill_demo
from page_markup import Markup


@pytest.fixture
def demo(service: Service) -> Demo:
    return fill_demo(service.database, service.artefacts)


@pytest.fixture
def read(client: TestClient):
    """Ask for a page that must be there; returns it parsed."""

    def ask(path: str, status: int = 200) -> Markup:
        answer = client.get(path)
        assert answer.status_code == status, (path, answer.text[:2000])
        return Markup(answer.text)

    return ask
