"""Where a request branches off its target, and which commits are its own: from the graph in memory.

What counts is the target as it was before the request went in. Of a merged request that is the first parent of what took it in, whether that
is a merge, a squashed commit or the last of some rebased ones: none of them has the request's head behind its first parent.
Where the target was moved on to the head itself (a fast-forward), only the forge knows where the target stood before. Of one
that was not merged it is the target's commit that the forge names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cooldown_connectors.git.graph import Graph, Indexes
from cooldown_connectors.git.mainline import brought_in_by
from cooldown_connectors.git.merge_base import Branch, branch_between, branch_from

MAX_COMMITS: Final = 5_000
"""Commits of one request; more of them are a fork that went its own way."""
_LINES_KEPT: Final = 4
_BUSY: Final = 5
"""Questions after which the line of a target is worth a walk."""
_MAX_WALK: Final = 500_000
"""Commits that are looked at to find the merge that a forge does not name."""


@dataclass(frozen=True)
class Based:
    """Numbers of the graph. ``branch`` is ``None`` where there is none: ``problem`` says why (``missing``, ``no_base``, ``too_many_commits``)."""

    branch: Branch | None
    problem: str | None = None


class Bases:
    """Finds where branches leave their targets. The first-parent lines of the busiest targets are walked once and kept."""

    def __init__(self, graph: Graph, tip_of: Callable[[str], str | None]) -> None:
        """``tip_of`` gives the newest commit of a target by its name, where that is known: its line is read from there."""
        self._graph = graph
        self._tip_of = tip_of
        self._asked: Counter[str] = Counter()
        self._lines: dict[str, Indexes] = {}

    def of(self, head: int, before: int, target: str) -> Based:
        """The branch of ``head`` that left the target, which was at ``before`` then."""
        branch = self._branch(head, before, target)
        if branch is None:
            return Based(None, "too_many_commits")
        if branch.base is None:
            return Based(None, "no_base")
        return Based(branch)

    def _branch(self, head: int, before: int, target: str) -> Branch | None:
        brought = self._line(target)
        if (
            brought is None or brought[before] != before
        ):  # not on the line: the target was rewritten, or is another one
            return branch_between(self._graph, head, before, MAX_COMMITS)
        return branch_from(
            self._graph, head, lambda commit: bool(0 <= brought[commit] <= before), brought, MAX_COMMITS
        )

    def _line(self, target: str) -> Indexes | None:
        """``brought_in_by`` of a target that is asked for often; without it all is found by walking, which gives the same."""
        self._asked[target] += 1
        if self._asked[target] == _BUSY and len(self._lines) < _LINES_KEPT:
            tip = self._tip_of(target)
            number = None if tip is None else self._graph.find(tip)
            if number is not None:
                self._lines[target] = brought_in_by(self._graph, number)
        return self._lines.get(target)

    def target_before(self, head: int, merged_in: int | None, named: Sequence[int]) -> int | None:
        """The target's commit before the request went in: from what took it in, else from the commits that the forge ``named`` as
        the target's, the best first. ``None`` where nothing says it."""
        if merged_in is not None and merged_in != head:
            parents = self._graph.parents(merged_in)
            if parents and not self.reaches(parents[0], head) and not self.reaches(head, merged_in):
                return parents[0]
        usable = [commit for commit in named if not self.reaches(commit, head)]
        if usable:
            return usable[0]
        return self._before_found_merge(head, named[0]) if named else None

    def _before_found_merge(self, head: int, target: int) -> int | None:
        """The commit on the target's first-parent line before the one that brought ``head`` in."""
        seen: set[int] = set()
        for commit in self._line_down_to(target, head):
            stack = [commit]
            while stack:
                at = stack.pop()
                if at == head:
                    parents = self._graph.parents(commit)
                    return parents[0] if parents and commit != head else None
                if at > head and at not in seen:
                    seen.add(at)
                    stack.extend(self._graph.parents(at))
            if len(seen) > _MAX_WALK:
                return None
        return None

    def _line_down_to(self, target: int, head: int) -> list[int]:
        """The first-parent line, oldest first, from the first commit that may have ``head`` behind it."""
        line = []
        for commit in self._graph.first_parents(target):
            if commit < head:
                break
            line.append(commit)
        return line[::-1]

    def reaches(self, commit: int, other: int) -> bool:
        """Whether ``other`` is ``commit`` or one of its ancestors. A parent's number is smaller, so it goes no further down than needed."""
        if commit <= other:
            return commit == other
        for brought in self._lines.values():
            if brought[commit] == commit:  # on a line that was walked it is a comparison of numbers
                return bool(0 <= brought[other] <= commit)
        seen, stack = {commit}, [commit]
        while stack:
            for parent in self._graph.parents(stack.pop()):
                if parent == other:
                    return True
                if parent > other and parent not in seen:
                    seen.add(parent)
                    stack.append(parent)
        return False
