"""Which commit took each pull request in: by the graph where it can tell, else by what merge and squash messages say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from cooldown_connectors.git.graph import Graph, Indexes
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.merge_base import Branch, branch_between, branch_from
from cooldown_connectors.git.requests import merged_request

Entry = Callable[[int], CommitEntry]
Way = Literal["merge", "squash", "rebase", "fast_forward", "unmerged"]

_EMPTY: Final = Branch(None, [])


@dataclass(frozen=True)
class Merged:
    """How a request came in: ``commit`` is the merge, the squashed or the last rebased commit, or the head itself."""

    way: Way
    commit: int | None
    branch: Branch | None
    """Against what it was merged into; ``None`` where it has more commits than the limit."""


@dataclass
class _Signs:
    """What the commits that the tip reaches say about the requests; numbers of commits, the lowest first."""

    named: dict[int, list[int]] = field(default_factory=dict)
    """Request → commits whose message says that they merged it."""
    joined: dict[int, int] = field(default_factory=dict)
    """Head → the first merge that has it as a parent, but not as its first."""
    copied: dict[int, list[int]] = field(default_factory=dict)
    """What a rebase leaves of a request's commit, hashed → commits that have the same."""


def find_merged(
    graph: Graph, entry: Entry, brought: Indexes, heads: Mapping[int, int], max_commits: int
) -> Iterator[tuple[int, Merged]]:
    """For each request (number → commit of its head) how it came in, by number.

    ``brought`` is that of :func:`~cooldown_connectors.git.mainline.brought_in_by`. Every commit that the tip reaches is
    looked at once.
    """
    outside = {
        head: branch_from(graph, head, lambda commit: bool(brought[commit] >= 0), brought, max_commits)
        for head in set(heads.values())
        if brought[head] < 0
    }
    signs = _Signs()
    for branch in outside.values():
        for commit in _copied_by_rebase(graph, branch):
            signs.copied[_authorship(entry(commit))] = []
    _read_signs(signs, graph, entry, brought, heads)
    for number, head in sorted(heads.items()):
        named = signs.named.get(number, [])
        if head in outside:
            yield number, _outside(graph, entry, brought, named, outside[head], signs)
        else:
            yield number, _inside(graph, brought, head, named, signs.joined.get(head), max_commits)


def _read_signs(
    signs: _Signs, graph: Graph, entry: Entry, brought: Indexes, heads: Mapping[int, int]
) -> None:
    wanted = set(heads.values())
    for commit in (brought >= 0).nonzero()[0].tolist():
        said = entry(commit)
        request = merged_request(said.message)
        for number in () if request is None else (request.number, *request.others):
            if number in heads:
                signs.named.setdefault(number, []).append(commit)
        if (same := signs.copied.get(_authorship(said))) is not None:
            same.append(commit)
        for parent in graph.parents(commit)[1:]:
            if parent in wanted:
                signs.joined.setdefault(parent, commit)


def _authorship(entry: CommitEntry) -> int:
    """A hash of what a rebase leaves as it was."""
    return hash((entry.author[1], entry.authored, entry.message.strip()))


def _copied_by_rebase(graph: Graph, branch: Branch | None) -> list[int]:
    """The commits that a rebase would copy: merges are not."""
    return [] if branch is None else [c for c in branch.commits if len(graph.parents(c)) < 2]


def _inside(
    graph: Graph, brought: Indexes, head: int, named: list[int], joined: int | None, limit: int
) -> Merged:
    """The head itself is in the history."""
    line = int(brought[head])
    merges = [commit for commit in named if head in graph.parents(commit)[1:]]
    # More may have been added to the branch before it was merged.
    merges += [c for c in named if len(graph.parents(c)) > 1 and c > head and brought[c] == line]
    merges += [] if joined is None else [joined]
    merges += [] if line == head else [line]
    for merge in merges:
        if brought[merge] == merge:
            branch = branch_from(graph, head, _before(brought, merge), brought, limit)
        else:
            branch = branch_between(graph, head, graph.parents(merge)[0], limit)
        if branch is None or branch.commits:
            return Merged("merge", merge, branch)
    return Merged("fast_forward", head, _EMPTY)


def _before(brought: Indexes, merge: int) -> Callable[[int], bool]:
    """Whether a commit was reached before that merge of the main line."""
    return lambda commit: bool(0 <= brought[commit] < merge)


def _outside(
    graph: Graph, entry: Entry, brought: Indexes, named: list[int], branch: Branch | None, signs: _Signs
) -> Merged:
    """The head is not in the history: squashed, rebased, merged after its commits were written anew, or not taken."""
    if branch is None or branch.base is None:
        return Merged("unmerged", None, branch)
    # Numbers of other repositories stand in histories too. What took the request in has seen its base.
    for commit in named:
        if _reaches(brought, commit, branch.base):
            return Merged("merge" if len(graph.parents(commit)) > 1 else "squash", commit, branch)
    copies = [
        _copy(graph, brought, commit, branch.base, signs.copied[_authorship(entry(commit))])
        for commit in _copied_by_rebase(graph, branch)
    ]
    if copies and min(copies) >= 0:
        return Merged("rebase", max(copies), branch)
    return Merged("unmerged", None, branch)


def _copy(graph: Graph, brought: Indexes, commit: int, base: int, candidates: list[int]) -> int:
    """The first that may be a copy of a request's commit, -1 where none may.

    What was there before the commit is what it was copied from itself, as in a backport.
    """
    for candidate in candidates:
        if _reaches(brought, candidate, base) and graph.committed[candidate] >= graph.committed[commit]:
            return candidate
    return -1


def _reaches(brought: Indexes, commit: int, base: int) -> bool:
    """Whether ``commit`` has ``base`` behind it; off the main line only whether it may have."""
    return bool(base < commit and brought[base] <= brought[commit])
