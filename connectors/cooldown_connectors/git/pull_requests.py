"""Pull (merge) requests as records, from git alone: heads from references, titles from merge and squash messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

import msgspec

from cooldown_connectors.git.comparisons import compare
from cooldown_connectors.git.graph import Graph, Indexes
from cooldown_connectors.git.hardened import Git
from cooldown_connectors.git.history import CommitEntry
from cooldown_connectors.git.paths import path_text
from cooldown_connectors.git.request_heads import RequestHead
from cooldown_connectors.git.request_merges import Entry, Merged, find_merged
from cooldown_connectors.git.requests import MergedRequest, merged_request
from cooldown_connectors.git.times import utc_time
from cooldown_kit.records import FileChange, Person, PullRequest, PullRequestCommit, Skipped

MAX_COMMITS: Final = 250
"""Commits of one request; more of them are a fork that went its own way."""
_BATCH: Final = 200


class Diffed(Protocol):
    """The changes between two commits, or the ``problem`` (a reason) with what git said."""

    @property
    def problem(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def changes(self) -> list[FileChange]: ...


Diff = Callable[[list[CommitEntry]], Iterator[Diffed]]
"""The second pass: for each entry its rows' patches against its first parent, which here is the request's base."""


@dataclass(frozen=True)
class Limits:
    """Which requests are taken."""

    max_files: int
    taken: Callable[[str], bool]
    """Whether a path is; a request needs one."""
    earliest: float = float("-inf")
    latest: float = float("inf")
    """Seconds since the epoch between which a request was merged or, of one that was not, its head committed."""
    max_commits: int = MAX_COMMITS


@dataclass(frozen=True)
class _Request:
    """A request that is read: numbers of commits."""

    number: int
    head: int
    base: int
    commits: list[int]
    merged_in: int | None


def read_pull_requests(
    repository: str,
    git: Git,
    graph: Graph,
    entry: Entry,
    brought: Indexes,
    heads: Sequence[RequestHead],
    shallow: frozenset[str],
    limits: Limits,
    diff: Diff,
) -> Iterator[PullRequest | Skipped]:
    """Requests by number. ``graph`` holds what the tip and all ``heads`` reach; ``brought`` is
    :func:`~cooldown_connectors.git.mainline.brought_in_by` of the tip.

    A request's base is the merge base of its head and of what it was merged into; of one that was not merged, or was squashed or
    rebased, of its head and the tip. Raises ``GitFailed``. Skipped, as ``#number``: ``missing`` (the head is not here),
    ``no_head`` (a trial merge without one), ``no_base`` (unrelated history), ``fast_forward`` (the head lies on the main line itself,
    so nothing says where it began), ``too_many_commits``, ``too_many_files``, ``shallow_boundary``, ``outside_window``, ``bad_date``,
    ``excluded``, ``empty``, ``unreadable`` and what ``diff`` gives.
    """
    found = {head.number: _head_commit(graph, head) for head in heads}
    known = {number: head for number, head in found.items() if not isinstance(head, str)}
    merged = dict(find_merged(graph, entry, brought, known, limits.max_commits))
    looked_at = (
        _request(graph, entry, number, head, merged.get(number), shallow, limits)
        for number, head in sorted(found.items())
    )
    while batch := list(islice(looked_at, _BATCH)):
        yield from _read(repository, git, graph, entry, batch, limits, diff)


def _head_commit(graph: Graph, head: RequestHead) -> int | str:
    """The number of the head's commit, or why there is none."""
    commit = graph.find(head.revision)
    if commit is None:
        return "missing"
    if not head.merge:
        return commit
    parents = graph.parents(commit)
    return parents[1] if len(parents) == 2 else "no_head"


def _request(
    graph: Graph,
    entry: Entry,
    number: int,
    head: int | str,
    merged: Merged | None,
    shallow: frozenset[str],
    limits: Limits,
) -> _Request | Skipped:
    """The request, or why it is not taken, as far as the graph can say."""
    if isinstance(head, str):
        return _skipped(number, head)
    assert merged is not None
    branch = merged.branch
    if branch is None:
        return _skipped(number, "too_many_commits", f"more than {limits.max_commits}")
    if merged.way == "fast_forward":
        return _skipped(number, "fast_forward", graph.revision(head))
    time = utc_time(entry(head if merged.commit is None else merged.commit).committed)
    if time is None:
        return _skipped(number, "bad_date")
    if not limits.earliest <= time.timestamp() <= limits.latest:
        return _skipped(number, "outside_window", time.isoformat())
    if any(_at_edge(graph, entry, commit, shallow) for commit in branch.commits):
        return _skipped(number, "shallow_boundary")
    if branch.base is None:
        return _skipped(number, "no_base", "it shares no commit with the history")
    if not branch.commits:
        return _skipped(number, "empty", "it has no commit of its own")
    return _Request(number, head, branch.base, branch.commits, merged.commit)


def _at_edge(graph: Graph, entry: Entry, commit: int, shallow: frozenset[str]) -> bool:
    return bool(shallow) and (
        graph.revision(commit) in shallow or len(graph.parents(commit)) != len(entry(commit).parents)
    )


def _read(
    repository: str,
    git: Git,
    graph: Graph,
    entry: Entry,
    batch: Iterable[_Request | Skipped],
    limits: Limits,
    diff: Diff,
) -> Iterator[PullRequest | Skipped]:
    """Records of a batch, in its order: rows of all first, then the diffs of those that are left."""
    items = list(batch)
    requests = [item for item in items if isinstance(item, _Request)]
    pairs = [(graph.revision(request.base), graph.revision(request.head)) for request in requests]
    compared: dict[int, CommitEntry | Skipped] = {}
    for request, comparison in zip(requests, compare(git, pairs, limits.max_files), strict=True):
        said = entry(request.head)
        if comparison.problem:
            compared[request.number] = _skipped(request.number, "unreadable", comparison.problem)
        elif comparison.row_count > limits.max_files:
            detail = f"{comparison.row_count} files"
            compared[request.number] = _skipped(request.number, "too_many_files", detail)
        elif not comparison.rows:
            compared[request.number] = _skipped(request.number, "empty", "its commits leave nothing changed")
        elif not any(_paths_taken(row.path, row.old_path, limits.taken) for row in comparison.rows):
            compared[request.number] = _skipped(request.number, "excluded")
        else:
            compared[request.number] = msgspec.structs.replace(
                said, parents=[comparison.base], rows=comparison.rows, row_count=comparison.row_count
            )
    diffs = diff([one for one in compared.values() if isinstance(one, CommitEntry)])
    for item in items:
        if isinstance(item, Skipped):
            yield item
            continue
        one = compared[item.number]
        yield one if isinstance(one, Skipped) else _record(repository, graph, entry, item, next(diffs))


def _paths_taken(path: bytes, old_path: bytes | None, taken: Callable[[str], bool]) -> bool:
    return taken(path_text(path)) or (old_path is not None and taken(path_text(old_path)))


def _record(
    repository: str, graph: Graph, entry: Entry, request: _Request, diffed: Diffed
) -> PullRequest | Skipped:
    if diffed.problem:
        return _skipped(request.number, diffed.problem, diffed.detail)
    commits = [commit_record(entry(commit)) for commit in request.commits]
    known = [commit for commit in commits if commit is not None]
    if len(known) < len(commits):
        return _skipped(request.number, "bad_date")
    merge = None if request.merged_in is None else entry(request.merged_in)
    said = None if merge is None else merged_request(merge.message)
    if said is not None and said.number != request.number:
        said = None  # a batch of several requests, or a merge that names another one
    return PullRequest(
        id=f"{repository}#{request.number}",
        take="pull_requests",
        repository=repository,
        number=request.number,
        title=_title(said, known),
        description="" if said is None else said.description,
        merged=merge is not None,
        merged_in=None if merge is None else merge.revision,
        merged_at=None if merge is None else utc_time(merge.committed),
        base=graph.revision(request.base),
        head=graph.revision(request.head),
        commits=known,
        changes=diffed.changes,
    )


def _title(said: MergedRequest | None, commits: list[PullRequestCommit]) -> str | None:
    if said is not None and said.title is not None:
        return said.title
    if len(commits) == 1:
        return commits[0].message.strip().partition("\n")[0].rstrip() or None
    return None


def commit_record(entry: CommitEntry) -> PullRequestCommit | None:
    """A commit of a request; ``None`` where no calendar knows its time."""
    authored = utc_time(entry.authored)
    if authored is None:
        return None
    name, email = (part.decode("utf-8", "replace") for part in entry.author)
    message = entry.message.decode("utf-8", "replace").rstrip("\n")
    return PullRequestCommit(
        revision=entry.revision, message=message, author=Person(name=name, email=email), authored_at=authored
    )


def _skipped(number: int, reason: str, detail: str = "") -> Skipped:
    return Skipped(what=f"#{number}", reason=reason, detail=detail)
