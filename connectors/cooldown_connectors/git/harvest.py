"""One repository: all the work on it first, then its records, which only need to be read.

The two are apart so that several repositories can be worked on at once while records come out one repository after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from cooldown_connectors.git.commits import Prepared, commits, job_of, prepare_commits
from cooldown_connectors.git.files import files_of, list_files, read_files
from cooldown_connectors.git.history_store import History, edge_name, read_into
from cooldown_connectors.git.last_change import Files, LastChanges, last_changes
from cooldown_connectors.git.mainline import brought_in_by
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import Pace, warn
from cooldown_connectors.git.path_filter import path_filter
from cooldown_connectors.git.pool import Pool
from cooldown_connectors.git.pull_requests import Limits, read_pull_requests
from cooldown_connectors.git.refs import UnknownRevision
from cooldown_connectors.git.releases import read_releases
from cooldown_connectors.git.repository import Repository, Seen, look
from cooldown_connectors.git.request_heads import RequestHead, present_heads, request_heads
from cooldown_connectors.git.shard import diff_entries
from cooldown_connectors.git.store import locked
from cooldown_connectors.git.visits import Visit, continue_later, rewritten
from cooldown_kit.connector import HarvestContext
from cooldown_kit.records import Record, Skipped
from cooldown_kit.store import keep
from cooldown_kit.workspace import digest_of

FOLDER: Final = "history"
_MANY: Final = 300


@dataclass(frozen=True)
class Ready:
    """A repository whose history is read."""

    repository: Repository
    options: GitOptions
    folder: Path
    history: History
    tip: int
    commits: Prepared | None
    heads: tuple[RequestHead, ...]
    """Heads of pull requests whose commits are here."""
    headless: tuple[Skipped, ...]
    """References of pull requests that are not taken."""


def look_at(options: GitOptions, context: HarvestContext) -> Seen:
    """What can be said of the repository without reading its history. Raises ``InputError``.

    A branch that was there the last time, and is not any more, is named with the commit that it led to.
    """
    try:
        return look(
            options, context, tags="releases" in options.take, requests="pull_requests" in options.take
        )
    except UnknownRevision as error:
        before = Visit.load(store_folder(options, context), options.revision)
        if before is None:
            raise
        raise UnknownRevision(
            f"{error.what}; it was there at the last harvest and led to {before.tip[:12]}: it was deleted or renamed",
            where=error.where,
            remedy=error.remedy,
        ) from error


def store_folder(options: GitOptions, context: HarvestContext) -> Path:
    """Where what was read of a repository is kept between harvests: by its place."""
    place = [options.path and str(context.folder / options.path), options.url]
    return context.store / "git" / f"{FOLDER}-{digest_of(place)[:16]}"


def prepare(options: GitOptions, context: HarvestContext, pool: Pool) -> Ready:
    """Open one repository and read its history, as far as these options need it.

    Raises ``InputError`` where it cannot be opened, ``GitFailed`` where git cannot go on.
    """
    repository = look_at(options, context).open()
    folder = store_folder(options, context)
    _warn_of_gaps(repository, context)
    heads, headless = _heads(repository) if "pull_requests" in options.take else ([], [])
    if "pull_requests" in options.take and not heads:
        warn(
            context,
            f"{repository.where} has no references of pull requests, so there will be none. To put it right: "
            "git fetch origin '+refs/pull/*/head:refs/remotes/origin/pr/*' (GitLab: refs/merge-requests/*/head), or give its `url`",
        )
    inside = folder / edge_name(repository.shallow)
    inside.mkdir(parents=True, exist_ok=True, mode=0o700)
    keep(folder, what=f"history and diffs of {repository.where}", again="reading its history")
    with locked(folder, context.emit):
        warm = pool.warm if "commits" in options.take else None
        history = read_history_of(repository, inside, context, [head.revision for head in heads], warm)
        _warn_of_changes(folder, options, repository, history, heads, context)
        tip = history.graph.find(repository.tip)
        assert tip is not None, "the first pass reads the tip"
        done = None
        if "commits" in options.take:
            done = prepare_commits(repository, history, tip, options, context, pool, inside)
            if done.unfinished:
                continue_later(folder)
    return Ready(repository, options, folder, history, tip, done, tuple(heads), tuple(headless))


def read_history_of(
    repository: Repository,
    folder: Path,
    context: HarvestContext,
    more: list[str],
    on_many: Callable[[], None] | None = None,
) -> History:
    """The history of the revision and of ``more`` commits, with progress. Raises ``GitFailed``.

    ``on_many`` is called once, when so many commits turn out to be new that there will be work for several processes.
    """
    pace = Pace(context, "commits read")
    read = 0

    def step() -> None:
        nonlocal read
        read += 1
        if read == _MANY and on_many is not None:
            on_many()
        pace.step()

    history = read_into(folder, repository.git, [repository.tip, *more], step)
    pace.end()
    return history


def records(ready: Ready, context: HarvestContext) -> Iterator[Record | Skipped]:
    """The repository's records in a stable order, and what was not taken. Raises ``GitFailed``."""
    options, repository = ready.options, ready.repository
    if ready.commits is not None:
        yield from commits(ready.commits, options, context)
    if "files" in options.take or "notebooks" in options.take:
        yield from _files(ready, context)
    if "pull_requests" in options.take:
        yield from _pull_requests(ready, context)
    if "releases" in options.take:
        tags = repository.references.tags
        graph, entry = ready.history.graph, ready.history.entry
        yield from read_releases(repository.identity, repository.git, graph, entry, ready.tip, tags)
    visit = Visit(repository.tip, [head.number for head in ready.heads])
    visit.save(ready.folder, options.revision)


def last_changes_of(repository: Repository, history: History, files: Files) -> LastChanges:
    """The last change of each file at the tip. Raises ``GitFailed``."""
    graph = history.graph
    tip = graph.find(repository.tip)
    assert tip is not None
    newest_first = np.flatnonzero(graph.reachable([tip]))[::-1]
    entries = history.entries(newest_first.tolist())
    return last_changes(repository.git, graph, tip, files, entries, repository.shallow)


def _files(ready: Ready, context: HarvestContext) -> Iterator[Record | Skipped]:
    take = ready.options.take
    listing = list_files(
        ready.repository, ready.options, files="files" in take, notebooks="notebooks" in take
    )
    last = last_changes_of(ready.repository, ready.history, files_of(listing))
    yield from read_files(ready.repository, listing, last, context)


def _pull_requests(ready: Ready, context: HarvestContext) -> Iterator[Record | Skipped]:
    repository, history, options = ready.repository, ready.history, ready.options
    yield from ready.headless
    job = msgspec.structs.replace(job_of(repository, history, options), lines=False)
    limits = Limits(
        options.max_commit_files,
        path_filter(options.include, options.exclude),
        options.earliest,
        options.latest,
    )
    pace = Pace(context, "pull requests", len(ready.heads))
    for item in read_pull_requests(
        repository.identity,
        repository.git,
        history.graph,
        history.entry,
        brought_in_by(history.graph, ready.tip),
        ready.heads,
        repository.shallow,
        limits,
        lambda entries: diff_entries(job, entries),
    ):
        yield item
        pace.step()
    pace.end()


def _heads(repository: Repository) -> tuple[list[RequestHead], list[Skipped]]:
    heads, others = request_heads(repository.references.ids)
    present, missing = present_heads(repository.git, heads)
    return present, [*others, *missing]


def _warn_of_gaps(repository: Repository, context: HarvestContext) -> None:
    if repository.shallow:
        warn(
            context,
            f"{repository.where} is a shallow clone: commits below its edge are not there, and files last changed there "
            "have no time. To put it right: git fetch --unshallow",
        )
    if repository.partial:
        warn(
            context,
            f"{repository.where} is a partial clone: what it lacks is left out and counted as `missing`; nothing is "
            "fetched. To put it right: clone it anew without --filter",
        )


def _warn_of_changes(
    folder: Path,
    options: GitOptions,
    repository: Repository,
    history: History,
    heads: list[RequestHead],
    context: HarvestContext,
) -> None:
    """Say what the last harvest saw and this one does not."""
    before = Visit.load(folder, options.revision)
    if before is None:
        return
    if gone := rewritten(history.graph, before, repository.tip):
        warn(
            context,
            f"{repository.where}: history was rewritten since the last harvest (`{options.revision}` was at "
            f"{before.tip[:12]} and does not contain it any more): {gone:,} commits that were taken then are gone, and "
            "so are their records",
        )
    lost = sorted(set(before.requests) - {head.number for head in heads})
    if lost and "pull_requests" in options.take:
        some = ", ".join(f"#{number}" for number in lost[:5]) + (", …" if len(lost) > 5 else "")
        warn(
            context,
            f"{repository.where}: {len(lost):,} pull requests of the last harvest have no reference any more ({some})",
        )
