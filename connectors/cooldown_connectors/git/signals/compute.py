"""All signals of a history's commits, from its graph, its messages, its raw rows and what became of its lines."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from cooldown_connectors.git.graph import Graph, Indexes, Mask
from cooldown_connectors.git.mainline import brought_in_by, merged_by
from cooldown_connectors.git.signals.first_pass import FirstPass
from cooldown_connectors.git.signals.survival import Survival, SurvivalResult
from cooldown_kit.records import HistorySignals

_DAY: Final = 86_400.0
_REVIEWS: Final[tuple[Literal["pushed", "merged", "reviewed", "pull_request"], ...]] = (
    "pushed",
    "merged",
    "reviewed",
    "pull_request",
)


def compute(
    graph: Graph, tip: int, first: FirstPass, survival: Survival | None = None, fix_days: float = 30
) -> Signals:
    """The signals of every commit that ``first`` was given: those that ``tip`` reaches.

    ``survival`` was given the lines of all commits whose diffs were read, and is finished here; without it nothing is said of lines.
    ``fix_days`` is how many days after a commit a fix of its lines still counts, and a revert that does not call itself one.
    """
    lines = None if survival is None else survival.finish(graph.committed, first.fixes, fix_days)
    brought = brought_in_by(graph, tip)
    reverts = first.reverts(graph, fix_days)
    return Signals(graph, first, brought, merged_by(graph, tip), reverts, lines)


class Signals:
    """What history says of each commit, by its number. Memory: 60 bytes a commit besides the graph's."""

    def __init__(
        self,
        graph: Graph,
        first: FirstPass,
        brought: Indexes,
        merged: Indexes,
        reverts: dict[int, list[int]],
        lines: SurvivalResult | None,
    ) -> None:
        self._graph = graph
        self._first = first
        self._brought = brought
        self._reverts = {number: targets[0] for number, targets in reverts.items()}
        self._reverted_by = _reverted_by(reverts, brought)
        self._review, self._request = _review(first.requests, first.reviewed, merged)
        self._lines = lines

    def of(self, number: int) -> HistorySignals:
        """The signals of one commit; one that was not among the entries has none that mean anything."""
        first, graph = self._first, self._graph
        merge = int(self._brought[number])
        reverted_by = int(self._reverted_by[number])
        fixed_by = -1 if self._lines is None else int(self._lines.fixed_by[number])
        request = int(self._request[number])
        return HistorySignals(
            review=_REVIEWS[self._review[number]],
            pull_request=request or None,
            merged_in=graph.revision(merge) if merge not in (number, -1) else None,
            reverts=graph.revision(self._reverts[number]) if number in self._reverts else None,
            reverted_by=graph.revision(reverted_by) if reverted_by >= 0 else None,
            reverted_after_days=self._days(number, reverted_by),
            fixed_by=graph.revision(fixed_by) if fixed_by >= 0 else None,
            fixed_after_days=self._days(number, fixed_by),
            lines_added=0 if self._lines is None else int(self._lines.lines_added[number]),
            lines_surviving=self._surviving(number),
            survival_days=self._survival_days(number),
            tests_touched=bool(first.tests[number]),
            bot=bool(first.bots[number]),
            author_commits_before=int(first.author_before[number]),
            author_path_commits_before=int(first.author_here_before[number]),
            path_commits_before=int(first.anybody_here_before[number]),
        )

    def _days(self, number: int, later: int) -> float | None:
        """Between two commits, never below zero: clocks differ."""
        if later < 0:
            return None
        return max(0, int(self._graph.committed[later] - self._graph.committed[number])) / _DAY

    def _surviving(self, number: int) -> int | None:
        known = self._lines is not None and self._lines.known[number]
        return int(self._lines.lines_surviving[number]) if self._lines is not None and known else None

    def _survival_days(self, number: int) -> float | None:
        if self._lines is None or np.isnan(self._lines.survival_days[number]):
            return None
        return float(self._lines.survival_days[number])


def _review(requests: Indexes, reviewed: Mask, merged: Indexes) -> tuple[npt.NDArray[np.int8], Indexes]:
    """Place in ``_REVIEWS`` and number of the request (0: none) of each commit: its own, else of the innermost merge
    around it that has one."""
    request = requests.copy()
    reviewed = reviewed.copy()
    via = merged.copy()
    while (inside := np.flatnonzero(via >= 0)).size:  # one turn for each level of branches within branches
        around = via[inside]
        reviewed[inside] |= reviewed[around]
        request[inside] = np.where(request[inside] == 0, requests[around], request[inside])
        via[inside] = merged[around]
    review = (merged >= 0).astype(np.int8)
    review[reviewed] = 2
    review[request > 0] = 3
    return review, request


def _reverted_by(reverts: dict[int, list[int]], brought: Indexes) -> Indexes:
    """The first revert of each commit, -1 where there is none. A merge that is taken back takes back all it brought in."""
    first = np.full(len(brought), -1, np.int32)
    for number in sorted(reverts, reverse=True):
        first[reverts[number]] = number
    with_merge = np.where(brought >= 0, first[brought], -1)
    own = first.copy()
    later = (with_merge >= 0) & ((own < 0) | (with_merge < own))
    own[later] = with_merge[later]
    return own
