"""Where the code of requests comes from: a mirror of the forge's repository in the workspace, or a clone that is there already.

A harvest of talk alone goes on where there is neither: a person is told once, and records say ``no_clone``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError

from cooldown_connectors.forge.code.fetching import Remote
from cooldown_connectors.forge.options import ForgeOptions
from cooldown_connectors.forge.protocol import Facts, Forge
from cooldown_connectors.git.hardened import OBJECT_ID, Git, GitFailed
from cooldown_connectors.git.history_store import History, edge_name, read_into
from cooldown_connectors.git.kept import kept_of_local
from cooldown_connectors.git.locate import read_shallow
from cooldown_connectors.git.mirror import (
    REFSPECS,
    ask,
    clear_away,
    fetch,
    git_for,
    keep_mirror,
    mirror_folder,
    remote_error,
)
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.pace import Pace, warn
from cooldown_connectors.git.refs import commits_of
from cooldown_connectors.git.repository import look
from cooldown_connectors.git.request_heads import request_heads
from cooldown_connectors.git.store import bare, locked
from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError
from cooldown_kit.store import keep
from cooldown_kit.workspace import digest_of

Token = Callable[[], str | None]
"""Gives the token when it is needed, ``None`` where there is none."""
_HEX: Final = re.compile(r"[0-9a-f]{7,64}")
MAX_MEMORY: Final = 4 << 30
"""Bytes that one process of git may allocate."""


@dataclass
class Code:
    """A repository that requests are read from. ``git`` works in a bare folder of ours."""

    git: Git
    where: str
    """The path or URL as messages name it."""
    folder: Path
    """What was read of its history is kept here."""
    context: HarvestContext
    shallow: frozenset[str] = frozenset()
    remote: Remote | None = None
    """``None`` for a local clone: nothing is fetched."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Of a local clone: full name → commit. A mirror's are asked for."""
    _history: History | None = None
    _heads: dict[int, str] | None = None

    def bring(self, names: Iterable[str]) -> dict[str, str]:
        """Commits by the names that a forge gives them (ids, perhaps abbreviated) → full ids, of those that are here in the end.

        What is missing is fetched. No network is used where everything is here. Raises ``GitFailed`` where git cannot read at all.
        """
        asked = {name: name.lower() for name in names}
        valid = [name for name in dict.fromkeys(asked.values()) if _HEX.fullmatch(name)]
        found = self._here(valid)
        if self.remote is not None and len(found) < len(valid):
            if self.remote.refresh():
                found |= self._here(name for name in valid if name not in found)
            lacking = [name for name in valid if name not in found and OBJECT_ID.fullmatch(name)]
            if lacking:
                self.remote.fetch_commits(lacking)
                found |= self._here(lacking)
        return {name: found[lower] for name, lower in asked.items() if lower in found}

    def _here(self, names: Iterable[str]) -> dict[str, str]:
        """A branch may be called like an abbreviated id: what it leads to does not count."""
        found = commits_of(self.git, names)
        return {name: commit for name, commit in found.items() if commit.startswith(name)}

    def history(self, tips: Iterable[str]) -> History:
        """A history that holds these commits and all that they reach; the same one as long as it holds what is asked for.

        The first one has all branches and heads of requests too, so that few later ones are needed. Raises ``GitFailed``.
        """
        wanted = set(tips)
        if self._history is None:
            wanted |= set(self._here(set(self.references_now().values())).values())
        else:
            graph = self._history.graph
            wanted = {commit for commit in wanted if graph.find(commit) is None}
        if self._history is None or wanted:
            folder = self.folder / edge_name(self.shallow)
            pace = Pace(self.context, "commits read")
            with locked(self.folder):
                self._history = read_into(folder, self.git, sorted(wanted), pace.step)
            pace.end()
        return self._history

    def references_now(self) -> Mapping[str, str]:
        """Branches and heads of requests: full name → commit."""
        if self.references:
            return {name: commit for name, commit in self.references.items() if name.startswith("refs/")}
        listed = self.git.run("for-each-ref", "--format=%(objectname) %(refname)").decode(
            "utf-8", "surrogateescape"
        )
        found = (line.partition(" ") for line in listed.splitlines())
        return {name: commit for commit, _, name in found if not name.startswith("refs/tags/")}

    def head_of(self, number: int) -> str | None:
        """The head of a request as git's own references have it, for forges that do not name it (any more); ``None`` where there is none.

        Where a request has no reference here everything new is fetched, once. Raises ``GitFailed``.
        """
        heads = self._heads if self._heads is not None else self._named_heads()
        if number not in heads and self.remote is not None and self.remote.refresh():
            heads = self._named_heads()
        self._heads = heads
        return heads.get(number)

    def _named_heads(self) -> dict[int, str]:
        heads, _ = request_heads(self.references_now())
        return {one.number: one.revision for one in heads if not one.merge}

    def tip_of(self, branch: str) -> str | None:
        """The commit that a branch leads to here."""
        names = (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}")
        references = self._branches
        return next((references[name] for name in names if name in references), None)

    @cached_property
    def _branches(self) -> Mapping[str, str]:
        return {
            name: commit
            for name, commit in self.references_now().items()
            if name.startswith(("refs/heads/", "refs/remotes/origin/"))
        }


def check_code(options: ForgeOptions, context: HarvestContext) -> None:
    """Raises :class:`InputError` where ``clone`` is a path that holds no repository."""
    if options.clone not in ("auto", "never"):
        look(GitOptions(connector="git", path=options.clone), context)


def open_code(
    options: ForgeOptions, facts: Facts, forge: Forge, token: Token, context: HarvestContext
) -> Code | None:
    """The repository of a forge, to be read; ``None`` for ``clone: never``, and, with a warning, where it cannot be had.

    A mirror that is there is not updated before a commit is missing: where everything is here, no network is used.
    """
    if options.clone == "never":
        return None
    try:
        if options.clone != "auto":
            return _local(options.clone, context)
        return _mirror(options, facts, forge, token, context)
    except InputError as error:
        warn(
            context,
            f"the code of {facts.name} is left out: {error}. Requests are taken with their talk alone. "
            "`clone: never` leaves it out without this warning",
        )
        return None


def kept_of_code(options: ForgeOptions, facts: Facts, context: HarvestContext) -> Iterator[Path]:
    """Which entries of the store :func:`open_code` works with. Asks nobody."""
    store = context.store / "git"
    if options.clone == "never":
        return
    yield store / "home"
    if options.clone != "auto":
        yield _local_folder(options.clone, context)
        yield from kept_of_local(options.clone, context)
        return
    try:
        url = _git_options(facts).url
    except InputError:  # an address that git is not pointed at: nothing was made
        return
    assert url is not None
    yield mirror_folder(url, store)
    yield _requests_folder(url, store)


def _local_folder(path: str, context: HarvestContext) -> Path:
    return _requests_folder(str(context.folder / path), context.store / "git")


def _requests_folder(place: str, store: Path) -> Path:
    return store / f"requests-{digest_of(place)[:16]}"


def _local(path: str, context: HarvestContext) -> Code:
    repository = look(GitOptions(connector="git", path=path), context).open()
    folder = _local_folder(path, context)
    keep(folder, what=f"histories of the requests of {repository.where}", again="reading its history")
    ids = repository.references.ids
    return Code(repository.git, repository.where, folder, context, repository.shallow, references=ids)


def _mirror(options: ForgeOptions, facts: Facts, forge: Forge, token: Token, context: HarvestContext) -> Code:
    named = _git_options(facts)
    url = named.url
    assert url is not None
    store = context.store / "git"
    own = _same_host(url, options.url or forge.hosted)

    def network() -> Git:
        settings = _settings(options, context)
        username, password = forge.access.git_username, token() if own else None
        if password is not None and forge.access.git_login is not None:
            username, password = forge.access.git_login(password)
        return git_for(url, store, username, password, settings)

    refspecs = _refspecs(forge.request_refs)
    folder = mirror_folder(url, store)
    keep_mirror(folder, url)
    fresh = False
    if not folder.exists():
        if not options.asks:
            raise InputError(
                "there is no mirror of it, and nobody is asked (`replay`, `update: never`)",
                where=url,
                remedy="harvest once with the network",
            )
        _make(network(), named, folder, refspecs, context)
        fresh = True
    offline = git_for(url, store, "", None)
    mirror = replace(offline, directory=folder, protocols=(), secrets={}, memory=MAX_MEMORY)
    remote = Remote(network, mirror, url, refspecs, context, fresh) if options.asks else None
    kept = _requests_folder(url, store)
    keep(kept, what=f"histories of the requests of {url}", again="reading the history of its mirror")
    return Code(mirror, url, kept, context, read_shallow(folder), remote)


def _make(
    git: Git, named: GitOptions, folder: Path, refspecs: tuple[str, ...], context: HarvestContext
) -> None:
    """The mirror, for the first time. Raises :class:`InputError`; what was begun is taken up by the next harvest."""
    url = named.url
    assert url is not None
    references = ask(git, named)
    if not references.ids:
        raise InputError(
            "the repository is empty: it has no commits", where=url, remedy="commit something first"
        )
    with locked(folder):
        beside = folder.with_name(folder.name + ".first")  # a folder that is there is one that was whole once
        bare(git, beside, references.id_length)
        clear_away(beside)
        try:
            fetch(replace(git, directory=beside), context, url, refspecs)
        except GitFailed as error:
            raise remote_error(error, named) from error
        if not folder.exists():
            beside.rename(folder)


def _git_options(facts: Facts) -> GitOptions:
    """The forge's clone URL as the git connector takes it: checked, and without a user's name. Raises :class:`InputError`."""
    parts = urlsplit(facts.clone_url)
    if parts.scheme in ("https", "http"):
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    try:
        return GitOptions(connector="git", url=urlunsplit(parts))
    except ValidationError as error:
        raise InputError(
            f"the forge gives an address for cloning that git is not pointed at ({error.errors()[0]['msg']})",
            where=facts.name,
            remedy="clone it yourself, and name the folder in `clone`",
        ) from None


def _same_host(url: str, forge: str | None) -> bool:
    """Whether the token may go there: a forge's answer could name any host."""
    host = urlsplit(url).hostname
    return forge is not None and host is not None and host == urlsplit(forge).hostname


def _settings(options: ForgeOptions, context: HarvestContext) -> dict[str, str]:
    settings = {}
    if options.proxy != "environment":
        settings["http.proxy"] = options.proxy or ""  # an empty one: none, whatever the environment says
    if options.ca_bundle is not None:
        settings["http.sslCAInfo"] = str((context.folder / options.ca_bundle).absolute())
    return settings


def _refspecs(pattern: str | None) -> tuple[str, ...]:
    """Branches, tags and what the forge calls heads of requests, ``refs/pull/{number}/head``."""
    if pattern is None:
        return REFSPECS
    reference = pattern.replace("{number}", "*")
    return (*REFSPECS, f"+{reference}:{reference}")
