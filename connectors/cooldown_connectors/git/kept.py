"""Which entries of the store a harvest of git repositories reads. Nobody is asked, and no history is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cooldown_connectors.git.harvest import store_folder
from cooldown_connectors.git.locate import locate
from cooldown_connectors.git.mirror import mirror_folder
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.several import is_several, single
from cooldown_connectors.git.store import linked_folder
from cooldown_connectors.git.wiki_source import wiki_options
from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError

_ID_LENGTHS: Final = (40, 64)
"""Of SHA-1 and of SHA-256: which one a repository has only git could say."""


def kept_of_source(options: GitOptions, context: HarvestContext) -> Iterator[Path]:
    """The entries of one repository or of many. Raises ``InputError`` where a list of repositories cannot be read."""
    each = single(options, context.folder) if is_several(options, context.folder) else [options]
    yield context.store / "git" / "home"
    for one in each:
        yield from _kept_of(one, context)
        if "wiki" in one.take and (beside := _wiki(one, context)) is not None:
            yield from _kept_of(beside, context)


def kept_of_local(path: str, context: HarvestContext) -> Iterator[Path]:
    """What borrows the objects of a local repository; nothing where there is none any more: it is made again in a moment."""
    try:
        located = locate(path, context.folder)
    except InputError:
        return
    yield from (linked_folder(context.store / "git", located, length) for length in _ID_LENGTHS)


def _kept_of(options: GitOptions, context: HarvestContext) -> Iterator[Path]:
    yield store_folder(options, context)
    if options.url is not None:
        yield mirror_folder(options.url, context.store / "git")
    elif options.path is not None:
        yield from kept_of_local(options.path, context)


def _wiki(options: GitOptions, context: HarvestContext) -> GitOptions | None:
    try:
        return wiki_options(options, context)
    except InputError:  # the repository beside which it would lie is gone
        return None
