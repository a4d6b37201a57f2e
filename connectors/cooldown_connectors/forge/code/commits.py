"""The graph by commits' ids, as the other files ask it."""

from __future__ import annotations

from functools import lru_cache

from cooldown_connectors.forge.code.bases import Bases
from cooldown_connectors.git.graph import Graph
from cooldown_connectors.git.history_store import History
from cooldown_connectors.git.pull_requests import commit_record
from cooldown_kit.records import PullRequestCommit


class NoCommits:
    """Where there is no code: no commit is known."""

    def order(self, commit: str) -> int | None:  # noqa: ARG002
        return None

    def reaches(self, commit: str, other: str) -> bool:  # noqa: ARG002
        return False


class Commits:
    """Commits of a history by their whole ids."""

    def __init__(self, history: History, bases: Bases) -> None:
        self.history = history
        self.bases = bases
        self.order = lru_cache(1 << 14)(history.graph.find)

    @property
    def graph(self) -> Graph:
        return self.history.graph

    def reaches(self, commit: str, other: str) -> bool:
        """Whether both are known, and ``other`` is ``commit`` or one of its ancestors."""
        above, below = self.order(commit), self.order(other)
        return above is not None and below is not None and self.bases.reaches(above, below)

    def commit(self, number: int) -> PullRequestCommit | None:
        """What a commit says of itself; ``None`` where no calendar knows its time."""
        return commit_record(self.history.entry(number))
