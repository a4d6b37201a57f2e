"""Evidence as rows with an interval to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cooldown_kit.client.wire import SuiteResult

_MIDDLE: Final = 100.0
_REACH: Final = 90.0
"""Of the drawing, which is 200 wide."""


@dataclass(frozen=True)
class EvidenceLine:
    """One measure: left of the middle is better. Colours only repeat what the words and the side say."""

    suite: SuiteResult
    verdict: Literal["better", "worse", "open"]
    words: str
    low: float
    high: float
    middle: float


def evidence_lines(suites: Sequence[SuiteResult]) -> list[EvidenceLine]:
    """All on one scale, so that their intervals can be compared."""
    widest = max((abs(end) for suite in suites for end in (*_ends(suite), suite.difference)), default=0) or 1

    def place(value: float) -> float:
        return round(_MIDDLE + _REACH * value / widest, 1)

    return [
        EvidenceLine(suite, *_verdict(suite), place(low), place(high), place(suite.difference))
        for suite in suites
        for low, high in [_ends(suite)]
    ]


def _ends(suite: SuiteResult) -> tuple[float, float]:
    """Of the interval; where there were too few documents for one, it is the difference alone."""
    return (
        suite.difference if suite.low is None else suite.low,
        suite.difference if suite.high is None else suite.high,
    )


def _verdict(suite: SuiteResult) -> tuple[Literal["better", "worse", "open"], str]:
    if suite.low is None or suite.high is None:
        return "open", "too few documents"
    if suite.high < 0:
        return "better", "improved"
    if suite.low > 0:
        return "worse", "worse"
    return "open", "no difference shown"
