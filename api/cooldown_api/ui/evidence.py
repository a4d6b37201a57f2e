"""Evidence as rows with an interval to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cooldown_kit.client.wire import SuiteResult

_MIDDLE: Final = 100.0
_REACH: Final = 90.0
"""Of the drawing, which is 200 wide."""


Verdict = Literal["better", "worse", "open"]


@dataclass(frozen=True)
class EvidenceLine:
    """One measure: left of the middle is better. Colours only repeat what the words and the side say."""

    suite: SuiteResult
    verdict: Verdict
    words: str
    low: float | None
    """Ends of the interval in the drawing; none where documents are too few for one."""
    high: float | None
    middle: float


def evidence_lines(suites: Sequence[SuiteResult]) -> list[EvidenceLine]:
    """All on one scale, so that their intervals can be compared."""
    ends = [end for suite in suites for end in (suite.low, suite.high, suite.difference) if end is not None]
    widest = max(map(abs, ends), default=0) or 1

    def place(value: float) -> float:
        return round(_MIDDLE + _REACH * value / widest, 1)

    return [
        EvidenceLine(
            suite,
            *_verdict(suite),
            low=None if suite.low is None else place(suite.low),
            high=None if suite.high is None else place(suite.high),
            middle=place(suite.difference),
        )
        for suite in suites
    ]


def _verdict(suite: SuiteResult) -> tuple[Verdict, str]:
    if suite.low is None or suite.high is None:
        return "open", "too few documents"
    if suite.high < 0:
        return "better", "improved"
    if suite.low > 0:
        return "worse", "worse"
    return "open", "no difference shown"
