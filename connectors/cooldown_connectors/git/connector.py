"""The ``git`` connector: commits and source files, in two passes over the history of one revision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cooldown_connectors.git.commits import read_commits, select_commits
from cooldown_connectors.git.files import Listing, blobs_of, list_files, read_files
from cooldown_connectors.git.hardened import GitFailed
from cooldown_connectors.git.history import CommitEntry, read_history
from cooldown_connectors.git.last_change import LastChange
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import warn
from cooldown_connectors.git.repository import Repository, look
from cooldown_connectors.git.spool import Spool
from cooldown_kit.connector import HarvestContext, Take
from cooldown_kit.errors import InputError
from cooldown_kit.records import Record, Skipped

VERSION: Final = 1
"""Part of the fingerprint: raised whenever the same repository would give other records."""


class GitConnector:
    """Reads git repositories, local and remote. See ``docs/connectors/git.md``."""

    Options = GitOptions

    def takes(self, options: GitOptions) -> tuple[Take, ...]:
        """``commits`` and ``files``, as asked for; both are code."""
        return tuple(Take(name, "code") for name in options.take)

    def check(self, options: GitOptions, context: HarvestContext) -> None:
        """Raise ``InputError`` where the repository or the revision cannot be read; a remote is asked, not fetched."""
        look(options, context)

    def fingerprint(self, options: GitOptions, context: HarvestContext) -> Mapping[str, Any]:
        """The commit that the revision names now, where history is cut, the repository's name, our version."""
        return {"version": VERSION, **look(options, context).fingerprint()}

    def harvest(self, options: GitOptions, context: HarvestContext) -> Iterator[Record | Skipped]:
        """Commits, oldest first by committer time, then files by path; what is not taken comes between with its reason.

        Raises ``InputError`` where git cannot go on. However the iteration ends, no process is left behind.
        """
        repository = look(options, context).open()
        _warn_of_gaps(repository, context)
        try:
            yield from _harvest(repository, options, context)
        except GitFailed as error:
            raise InputError(
                f"git cannot read the history ({error.reason})",
                where=repository.where,
                remedy="the repository is damaged or a partial clone without trees: "
                "see what `git fsck` says there, or clone it anew and whole",
            ) from error


def _warn_of_gaps(repository: Repository, context: HarvestContext) -> None:
    if repository.shallow:
        warn(
            context,
            "this is a shallow clone: commits below its edge are not there, and files last changed there have no time. "
            "To put it right: git fetch --unshallow",
        )
    if repository.partial:
        warn(
            context,
            "this is a partial clone: what it lacks is left out and counted as `missing`; nothing is fetched. "
            "To put it right: clone it anew without --filter",
        )


def _harvest(
    repository: Repository, options: GitOptions, context: HarvestContext
) -> Iterator[Record | Skipped]:
    files = "files" in options.take
    listing: Listing = list_files(repository, options) if files else []
    last = LastChange(blobs_of(listing), repository.shallow)
    history = _seen(read_history(repository.git, [repository.tip]), last)
    if "commits" in options.take:
        with Spool(context.store) as spool:
            yield from select_commits(history, repository, options, context, spool)
            yield from read_commits(repository, options, context, spool)
    else:
        _look_through(history, last)
    if files:
        yield from read_files(repository, listing, last, context)


def _seen(history: Iterator[CommitEntry], last: LastChange) -> Iterator[CommitEntry]:
    for entry in history:
        for row in entry.rows:
            last.see(entry, row)
        yield entry


def _look_through(history: Iterator[CommitEntry], last: LastChange) -> None:
    for _ in history:
        if last.complete:
            return
