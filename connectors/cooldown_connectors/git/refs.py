"""Which commit a revision names: from what a repository says about its own references, never by giving git a name of theirs."""

from __future__ import annotations

import difflib
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cooldown_connectors.git.hardened import OBJECT_ID, Git
from cooldown_kit.errors import InputError

_RULES = ("{}", "refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where a short name is looked up, in this order: gitrevisions(7)."""
_SECONDS = 120.0
_ABBREVIATED = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True)
class References:
    """Full name → commit (annotated tags followed to what they tag), and ``HEAD``."""

    ids: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    """Full name of each tag → what it names itself: of an annotated tag the tag object."""

    def find(self, revision: str) -> str | None:
        """The id that a name stands for; ``None`` if there is no such name."""
        return next((self.ids[n] for rule in _RULES if (n := rule.format(revision)) in self.ids), None)

    def near(self, revision: str) -> list[str]:
        """Branches and tags whose names are most like that one."""
        short = (re.sub(r"^refs/(?:heads|tags|remotes)/", "", name) for name in self.ids)
        names = [name for name in dict.fromkeys(short) if name.isprintable()]
        return difflib.get_close_matches(revision, names, n=3, cutoff=0.5)

    def branches(self) -> list[str]:
        return [name.removeprefix("refs/heads/") for name in self.ids if name.startswith("refs/heads/")]

    @property
    def id_length(self) -> int:
        """Hexadecimal digits of an object id: 40 (SHA-1) or 64 (SHA-256)."""
        return len(next(iter(self.ids.values()), "0" * 40))


def list_references(git: Git, place: str | bytes, timeout: float) -> References:
    """What a repository (a URL or a local git directory) says about its references. Raises ``GitFailed``.

    ``ls-remote`` asks the repository from outside: a detached head, a worktree's head, packed references and reftables
    all come out right, and nothing that the repository configures is run.
    """
    reply = git.run("ls-remote", "--symref", "--end-of-options", place, timeout=timeout)
    ids: dict[str, str] = {}
    tags: dict[str, str] = {}
    for line in reply.decode("utf-8", "surrogateescape").split("\n"):
        value, _, name = line.partition("\t")
        if OBJECT_ID.fullmatch(value):
            if name.startswith("refs/tags/") and not name.endswith("^{}"):
                tags[name] = value
            ids[name.removesuffix("^{}")] = value  # an annotated tag's own line comes before what it tags
    return References(ids, tags)


def commit_of(git: Git, name: str) -> str | None:
    """The full id of the commit that an id (perhaps abbreviated, perhaps of a tag) stands for in our repository.

    ``None`` where there is none, or more than one.
    """
    return commits_of(git, [name]).get(name)


def commits_of(git: Git, names: Iterable[str]) -> dict[str, str]:
    """As :func:`commit_of` for many at once: id as given → full id, for those that stand for one commit. Raises ``GitFailed``."""
    asked = [name for name in dict.fromkeys(names) if _ABBREVIATED.fullmatch(name)]
    if not asked:
        return {}
    with tempfile.TemporaryFile() as question:
        question.write("".join(f"{name}^{{commit}}\n" for name in asked).encode())
        reply = git.run("cat-file", "--batch-check", "--buffer", stdin=question, timeout=_SECONDS)
    answers = (line.split() for line in reply.splitlines())
    return {
        name: words[0].decode()
        for name, words in zip(asked, answers, strict=True)
        if len(words) == 3 and words[1] == b"commit"
    }


def no_head(references: References, where: str) -> InputError:
    """The error for a HEAD that leads nowhere: no commits at all, or none on the branch it names."""
    if not references.ids:
        return InputError(
            "the repository is empty: it has no commits", where=where, remedy="commit something first"
        )
    some = ", ".join(references.branches()[:3]) or next(iter(references.ids))
    return InputError(
        "HEAD names a branch that has no commits",
        where=where,
        remedy=f"set `revision` to a branch or tag that has some, such as {some}",
    )


class UnknownRevision(InputError):
    """There is no such branch, tag or commit."""


def unknown_revision(references: References, revision: str, where: str) -> UnknownRevision:
    """The error for a name that stands for no commit, with the nearest that do."""
    near = references.near(revision)
    if near:
        remedy = f"did you mean {' or '.join(map(repr, near))}?"
    elif OBJECT_ID.fullmatch(revision):
        remedy = "fetch it into the repository, or set `revision` to a commit that is there"
    else:
        remedy = f"set `revision` to a branch, a tag or a commit; branches are {', '.join(references.branches()[:5])}"
    return UnknownRevision(f"there is no revision {revision!r}", where=where, remedy=remedy)


def local_place(path: os.PathLike[str]) -> bytes:
    """A local git directory as ``ls-remote`` takes it: absolute, so that no part reads as a host or a flag."""
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100 - links are git's to follow
