"""What comes out of a job."""

from __future__ import annotations

from typing import Any

from cooldown_kit.client.wire.bodies import Answer


class SuiteResult(Answer):
    """One line of the evidence: a measure before and after, with the interval of the difference."""

    name: str
    unit: str
    before: float
    after: float
    difference: float
    low: float | None
    high: float | None
    documents: int


class JobResult(Answer):
    """What came out."""

    run: str | None = None
    """Name of the run's folder."""
    model: bool = False
    adapter: bool = False
    report: bool = False
    tokens: int | None = None
    """Trained on."""
    evidence: list[SuiteResult] = []
    plan: dict[str, Any] | None = None
    """Of a plan: tokens per source, shares, steps, memory, time, cost, warnings, sample rows."""
    dataset: str | None = None
    """Of a dataset: `name@v3`."""
