"""Time and memory of one process, bounded by the system."""

from __future__ import annotations

import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cooldown_kit import worker_limits
from cooldown_kit.worker_limits import limit_memory, limit_time


@given(st.integers(0, 86_400))
def test_processor_time_counts_from_now_on(seconds: int) -> None:
    limits: list[tuple[int, int]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_limits.resource, "setrlimit", lambda _, limit: limits.append(limit))
        limit_time(seconds)
    used = resource.getrusage(resource.RUSAGE_SELF)
    assert 0 <= limits[0][0] - seconds - (used.ru_utime + used.ru_stime) <= 2


def test_a_system_that_knows_no_limit_of_memory_sets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def refuse(kind: int, limit: tuple[int, int]) -> None:
        asked.append(kind)
        if kind == resource.RLIMIT_AS:
            raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(worker_limits.resource, "setrlimit", refuse)
    limit_memory(1 << 30)
    assert asked == [resource.RLIMIT_CORE, resource.RLIMIT_AS]
