"""Fixtures for `conftest.py` files that want them: `from forge_testing.fixtures import simulator`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from forge_testing.simulator import Simulator, github_simulator


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    """A GitHub simulator with the small state, shared by the tests of one process. It takes a few seconds to start."""
    with github_simulator() as running:
        yield running
