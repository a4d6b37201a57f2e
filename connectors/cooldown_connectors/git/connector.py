"""The ``git`` connector: what repositories hold and the history that led there, one repository or many."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from cooldown_connectors.git.hardened import GitFailed
from cooldown_connectors.git.harvest import Ready, look_at, prepare, records, store_folder
from cooldown_connectors.git.kept import kept_of_source
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import warn
from cooldown_connectors.git.pool import Pool, WorkerLost
from cooldown_connectors.git.several import is_several, single
from cooldown_connectors.git.visits import continued
from cooldown_connectors.git.wiki_source import read_wiki_of, wiki_fingerprint
from cooldown_kit.connector import HarvestContext, Take
from cooldown_kit.errors import CooldownError, InputError
from cooldown_kit.events import Event
from cooldown_kit.records import Record, Skipped

VERSION: Final = 2
"""Part of the fingerprint: raised whenever the same repository would give other records."""
_LOOKING = 8
"""Repositories that are looked at at once: each is one short process of git, or one question to a remote."""
_FAMILIES: Final[Mapping[str, Any]] = {"releases": "text", "wiki": "text"}


class GitConnector:
    """Reads git repositories, local and remote. See ``docs/connectors/git.md``."""

    Options = GitOptions

    def takes(self, options: GitOptions) -> tuple[Take, ...]:
        """What was asked for; releases and wikis are text, the rest is code."""
        return tuple(Take(name, _FAMILIES.get(name, "code")) for name in options.take)

    def check(self, options: GitOptions, context: HarvestContext) -> None:
        """Raise ``InputError`` where a repository or the revision cannot be read; a remote is asked, not fetched.

        Of several repositories one must be readable; the others are named in a warning.
        """
        if not is_several(options, context.folder):
            look_at(options, context)
            return
        found = list(_look_at_all(single(options, context.folder), context))
        errors = [one for one in found if isinstance(one, InputError)]
        if len(errors) == len(found):
            raise errors[0]
        for error in errors:
            warn(context, f"{error.where}: {error.what}; it is left out. To put it right: {error.remedy}")

    def fingerprint(self, options: GitOptions, context: HarvestContext) -> Mapping[str, Any]:
        """The commit that the revision names now, where history is cut, the repository's name, our version."""
        if not is_several(options, context.folder):
            return {"version": VERSION, **_fingerprint(options, context)}
        each = _look_at_all(single(options, context.folder), context)
        return {
            "version": VERSION,
            "repositories": [
                {"unreadable": one.where, "why": one.what} if isinstance(one, InputError) else one
                for one in each
            ],
        }

    def kept(self, options: GitOptions, context: HarvestContext) -> Iterator[Path]:
        """Mirrors of remotes, what borrows local repositories' objects, and what was read of their histories."""
        yield from kept_of_source(options, context)

    def harvest(self, options: GitOptions, context: HarvestContext) -> Iterator[Record | Skipped]:
        """Repository by repository: commits oldest first, then the other takes; what is not taken comes between with its reason.

        Raises ``InputError`` where git cannot go on; of several repositories such a one is skipped. However the
        iteration ends, no process is left behind, and the next harvest goes on where this one stopped.
        """
        with Pool(context.workers) as pool:
            if not is_several(options, context.folder):
                try:
                    yield from _everything(prepare(options, context, pool), context)
                except GitFailed as error:
                    raise _damaged(error, options) from error
            else:
                yield from _each(single(options, context.folder), context, pool)


def _fingerprint(options: GitOptions, context: HarvestContext) -> Mapping[str, Any]:
    seen = look_at(options, context)
    again = continued(store_folder(options, context))
    more = {"continued": again} if again else {}
    wiki = {"wiki": wiki_fingerprint(options, context)} if "wiki" in options.take else {}
    return {**seen.fingerprint(), **more, **wiki}


def _everything(ready: Ready, context: HarvestContext) -> Iterator[Record | Skipped]:
    """The repository's records, and its wiki's."""
    yield from records(ready, context)
    if "wiki" in ready.options.take:
        yield from read_wiki_of(ready.options, ready.repository.identity, context)


def _look_at_all(
    each: Sequence[GitOptions], context: HarvestContext
) -> Iterator[Mapping[str, Any] | InputError]:
    """Each repository's fingerprint, or why there is none."""

    def one(options: GitOptions) -> Mapping[str, Any] | InputError:
        try:
            return _fingerprint(options, context)
        except InputError as error:
            return error

    with ThreadPoolExecutor(_LOOKING) as threads:
        yield from threads.map(one, each)


def _each(every: Sequence[GitOptions], context: HarvestContext, pool: Pool) -> Iterator[Record | Skipped]:
    """The records of many repositories, in their order. Those that follow are worked on while one is given away."""
    seen: set[str] = set()
    failed = 0
    first: CooldownError | None = None
    told, over = threading.Lock(), threading.Event()

    def emit(event: Event) -> None:
        if over.is_set():  # nobody waits for the repositories that are still being worked on
            raise GitFailed("harvest", None, "fatal: stopped")
        with told:
            context.emit(event)

    context_of_all = replace(context, emit=emit)
    with ThreadPoolExecutor(pool.workers, thread_name_prefix="git-repository") as threads:
        waiting: deque[tuple[GitOptions, Future[Ready]]] = deque()
        upcoming = iter(every)
        try:
            while True:
                while len(waiting) <= pool.workers and (options := next(upcoming, None)) is not None:
                    waiting.append((options, threads.submit(prepare, options, context_of_all, pool)))
                if not waiting:
                    break
                options, future = waiting.popleft()
                try:
                    ready = future.result()
                    name = ready.repository.identity
                    if name in seen:
                        yield Skipped(what=ready.repository.where, reason="repository_twice", detail=name)
                        continue
                    seen.add(name)
                    yield from _everything(ready, context_of_all)
                except (InputError, GitFailed, WorkerLost) as error:
                    why = _damaged(error, options) if isinstance(error, GitFailed) else error
                    first, failed = first or why, failed + 1
                    warn(context, f"{why.where}: {why.what}; it is left out. To put it right: {why.remedy}")
                    yield Skipped(what=why.where or "", reason="repository_failed", detail=why.what)
        finally:
            over.set()
            for _, future in waiting:
                future.cancel()
    if first is not None and failed == len(every):
        raise first


def _damaged(error: GitFailed, options: GitOptions) -> InputError:
    return InputError(
        f"git cannot read the history ({error.reason})",
        where=options.path or options.url,
        remedy="the repository is damaged or a partial clone without trees: "
        "see what `git fsck` says there, or clone it anew and whole",
    )
