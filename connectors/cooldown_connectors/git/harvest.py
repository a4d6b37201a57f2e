"""One repository: all the work on it first, then its records, which only need to be read.

The two are apart so that several repositories can be worked on at once while records come out one repository after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cooldown_connectors.git.commits import Prepared, commits, prepare_commits
from cooldown_connectors.git.files import Listing, blobs_of, list_files, read_files
from cooldown_connectors.git.history_store import History, read_into
from cooldown_connectors.git.last_change import LastChange
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import Pace, warn
from cooldown_connectors.git.pool import Pool
from cooldown_connectors.git.repository import Repository, look
from cooldown_connectors.git.store import locked
from cooldown_connectors.git.visits import Visit, continue_later, rewritten
from cooldown_kit.connector import HarvestContext
from cooldown_kit.records import Record, Skipped
from cooldown_kit.workspace import digest_of

FOLDER: Final = "history"


@dataclass(frozen=True)
class Ready:
    """A repository whose history is read."""

    repository: Repository
    options: GitOptions
    folder: Path
    history: History
    commits: Prepared | None


def store_folder(options: GitOptions, context: HarvestContext) -> Path:
    """Where what was read of a repository is kept between harvests: by its place."""
    place = [options.path and str(context.folder / options.path), options.url]
    return context.store / "git" / f"{FOLDER}-{digest_of(place)[:16]}"


def _edge(repository: Repository) -> str:
    """Where history is cut decides who has which parents: each cut has a folder of its own."""
    return f"edge-{digest_of(sorted(repository.shallow))[:16]}" if repository.shallow else "whole"


def prepare(options: GitOptions, context: HarvestContext, pool: Pool) -> Ready:
    """Open one repository and read its history, as far as these options need it.

    Raises ``InputError`` where it cannot be opened, ``GitFailed`` where git cannot go on.
    """
    seen = look(options, context)
    folder = store_folder(options, context)
    repository = seen.open()
    _warn_of_gaps(repository, context)
    inside = folder / _edge(repository)
    inside.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(folder):
        pace = Pace(context, "commits read")
        history = read_into(inside, repository.git, [repository.tip], pace.step)
        pace.end()
        _warn_of_rewriting(folder, options, repository, history, context)
        done = None
        if "commits" in options.take:
            done = prepare_commits(repository, history, options, context, pool, inside)
            if done.unfinished:
                continue_later(folder)
    return Ready(repository, options, folder, history, done)


def records(ready: Ready, context: HarvestContext) -> Iterator[Record | Skipped]:
    """The repository's records in a stable order, and what was not taken. Raises ``GitFailed``."""
    options = ready.options
    if ready.commits is not None:
        yield from commits(ready.commits, options, context)
    if "files" in options.take:
        yield from _files(ready, context)
    Visit(ready.repository.tip).save(ready.folder, options.revision)


def _files(ready: Ready, context: HarvestContext) -> Iterator[Record | Skipped]:
    repository, history = ready.repository, ready.history
    listing: Listing = list_files(repository, ready.options)
    last = LastChange(blobs_of(listing), repository.shallow)
    tip = history.graph.find(repository.tip)
    assert tip is not None
    reachable = history.graph.reachable([tip]).nonzero()[0]
    for _, entry in history.entries(reachable[::-1].tolist()):
        for row in entry.rows:
            last.see(entry, row)
        if last.complete:
            break
    yield from read_files(repository, listing, last, context)


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


def _warn_of_rewriting(
    folder: Path, options: GitOptions, repository: Repository, history: History, context: HarvestContext
) -> None:
    before = Visit.load(folder, options.revision)
    gone = rewritten(history.graph, before, repository.tip)
    if before is not None and gone:
        warn(
            context,
            f"{repository.where}: history was rewritten since the last harvest (`{options.revision}` was at "
            f"{before.tip[:12]} and does not contain it any more): {gone:,} commits that were taken then are gone, and "
            "so are their records",
        )
