"""Opens what the options name: resolves the revision, and gives a bare repository of ours that holds its objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cooldown_connectors.git.configuration import write_home
from cooldown_connectors.git.hardened import OBJECT_ID, Git, GitFailed
from cooldown_connectors.git.identity import identity_of_url
from cooldown_connectors.git.locate import identity, locate, read_shallow, shown
from cooldown_connectors.git.mirror import ask, existing_mirror, mirrored, network_git
from cooldown_connectors.git.options import GitOptions
from cooldown_connectors.git.refs import (
    References,
    commit_of,
    list_references,
    local_place,
    no_head,
    unknown_revision,
)
from cooldown_connectors.git.request_heads import request_references
from cooldown_connectors.git.store import linked
from cooldown_kit.connector import HarvestContext
from cooldown_kit.errors import InputError
from cooldown_kit.store import keep
from cooldown_kit.workspace import digest_of

_LOCAL_SECONDS = 120.0


@dataclass(frozen=True)
class Repository:
    """A repository that can be read: ``git`` works in a bare folder of ours."""

    git: Git
    identity: str
    tip: str
    shallow: frozenset[str]
    where: str
    """The path or URL as messages name it."""
    partial: bool = False
    """A partial clone, which may lack objects; they are never fetched."""
    references: References = field(default_factory=lambda: References({}))
    """Branches, tags and heads of pull requests, as the source itself names them."""


@dataclass(frozen=True)
class Seen:
    """What can be said of a source without reading its history; ``open`` gives what can be read."""

    identity: str
    tip: str
    shallow: frozenset[str]
    open: Callable[[], Repository]
    beside: Mapping[str, str] = field(default_factory=dict)
    """Tags and heads of pull requests that are read beside the tip's history, where they were asked for."""

    def fingerprint(self) -> Mapping[str, str | None]:
        """Small JSON: equal ones mean the same commits, files, tags and pull requests under the same name."""
        edge = digest_of(sorted(self.shallow)) if self.shallow else None
        seen: dict[str, str | None] = {"repository": self.identity, "tip": self.tip, "shallow": edge}
        if self.beside:
            seen["references"] = digest_of(sorted(self.beside.items()))
        return seen


def look(options: GitOptions, context: HarvestContext, *, tags: bool = False, requests: bool = False) -> Seen:
    """Resolve the source to a commit. Quick: a remote is asked for its references, and nothing is fetched.

    ``tags`` and ``requests`` say that the tags and the heads of pull requests are read too. Raises :class:`InputError`: no repository, no commits, no such revision, remote unreachable, git missing or too old.
    """
    store = context.store / "git"
    if options.url is None:
        return _look_local(options, context, store, tags, requests)
    return _look_remote(options, context, store, tags, requests)


def _beside(references: References, tags: bool, requests: bool) -> dict[str, str]:
    named = dict(references.tags) if tags else {}
    return named | (request_references(references.ids) if requests else {})


def _look_local(
    options: GitOptions, context: HarvestContext, store: Path, tags: bool, requests: bool
) -> Seen:
    assert options.path is not None
    located = locate(options.path, context.folder)
    where = shown(located.git_dir)
    git = Git(write_home(store, (located.git_dir, located.common_dir)), memory=options.max_memory)
    asking = Git(git.home, protocols=("file",))
    try:
        references = list_references(asking, local_place(located.git_dir), _LOCAL_SECONDS)
        reading = linked(git, store, located, references.id_length)
        assert reading.directory is not None
        keep(reading.directory, what=f"what borrows the objects of {where}", again="a moment")
        tip = _local_tip(reading, references, options.revision, where)
    except GitFailed as error:
        raise InputError(
            f"git cannot read the repository ({error.reason})",
            where=where,
            remedy="see what `git fsck` says there, or clone it anew",
        ) from error
    shallow = located.shallow()
    name = identity(located, git)
    repository = Repository(reading, name, tip, shallow, where, located.partial(), references)
    return Seen(name, tip, shallow, lambda: repository, _beside(references, tags, requests))


def _local_tip(git: Git, references: References, revision: str, where: str) -> str:
    if revision == "HEAD" and "HEAD" not in references.ids:
        raise no_head(references, where)
    tip = commit_of(git, references.find(revision) or revision.lower())
    if tip is None:
        raise unknown_revision(references, revision, where)
    return tip


def _look_remote(
    options: GitOptions, context: HarvestContext, store: Path, tags: bool, requests: bool
) -> Seen:
    assert options.url is not None
    url = options.url
    git = network_git(options, context.folder, store)
    name = identity_of_url(url) or "repository"
    revision = options.revision.lower()
    by_id = OBJECT_ID.fullmatch(revision) is not None
    references = References({})
    if by_id and not tags and not requests and existing_mirror(git, options, store, revision) is not None:
        tip = revision  # a commit never changes: no need to ask anybody
    else:
        references = ask(git, options)
        if options.revision == "HEAD" and "HEAD" not in references.ids:
            raise no_head(references, url)
        found = references.find(options.revision) or (revision if by_id else None)
        if found is None:
            raise unknown_revision(references, options.revision, url)
        tip = found
    beside = _beside(references, tags, requests)

    def open_() -> Repository:
        mirror = mirrored(git, options, context, store, tip, beside)
        commit = commit_of(mirror, tip)
        if commit is None:
            raise InputError(
                f"the remote gave no commit {tip}",
                where=url,
                remedy="it may have been replaced meanwhile: run again, or set another `revision`",
            )
        assert mirror.directory is not None
        shallow = read_shallow(mirror.directory)
        reading = replace(mirror, memory=options.max_memory)
        return Repository(reading, name, commit, shallow, url, references=references)

    return Seen(name, tip, frozenset(), open_, beside)
