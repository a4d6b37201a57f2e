"""Finds the repository that a local path names, and what must be known of it to read its objects from outside."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cooldown_connectors.git.guarded import allow_repository
from cooldown_connectors.git.hardened import OBJECT_ID, Git, GitFailed, find_git
from cooldown_connectors.git.identity import identity_of_folder, identity_of_url
from cooldown_connectors.git.paths import path_text
from cooldown_kit.errors import InputError
from cooldown_kit.guard.use import allow_path
from cooldown_kit.nearest import nearest_path

_HEEDED = ("GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
"""Variables that GitPython takes for any repository it opens."""
_FILES = (
    "HEAD",
    "commondir",
    "config",
    "config.worktree",
    "shallow",
    "packed-refs",
    "objects/info/alternates",
)
"""What git and we read of a repository before anything else: were one a pipe, we would wait for ever."""


@dataclass(frozen=True)
class Located:
    """A local repository. ``git_dir`` is the worktree's own; ``common_dir`` holds objects, configuration and ``shallow``."""

    git_dir: Path
    common_dir: Path

    @property
    def objects(self) -> Path:
        return self.common_dir / "objects"

    def shallow(self) -> frozenset[str]:
        """Commits at the edge of a shallow clone: their parents exist but are not here."""
        return read_shallow(self.common_dir)

    def partial(self) -> bool:
        """Whether it is a partial clone, which may lack objects."""
        return any((self.objects / "pack").glob("*.promisor"))


def read_shallow(git_dir: Path) -> frozenset[str]:
    """The commits that a git directory's ``shallow`` file names; none where there is no such file.

    Raises ``InputError`` where it holds anything else.
    """
    file = git_dir / "shallow"
    try:
        named = frozenset(file.read_text(encoding="ascii").split())
    except FileNotFoundError:
        return frozenset()
    except (OSError, UnicodeDecodeError):
        named = frozenset([""])
    if not all(OBJECT_ID.fullmatch(one) for one in named):
        raise _damaged(file, "it does not name commits")
    return named


def locate(path: str, folder: Path) -> Located:
    """The repository around ``path``, which is relative to ``folder``. Nothing of it is run.

    Raises :class:`InputError` where there is no such folder, or no repository around it.
    """
    find_git()  # GitPython's import fails in its own words where git is missing
    from git import InvalidGitRepositoryError

    place = Path(os.path.abspath(folder / Path(path).expanduser()))  # noqa: PTH100 - resolve() would follow links in names
    allow_path(place, "path")  # before it is said what lies there or nearby
    if not _is_folder(place):
        near = None if place.exists() else nearest_path(place, Path.is_dir)
        raise InputError(
            "it is a file, not a folder" if place.exists() else "there is no such folder",
            where=shown(place),
            remedy=(f"did you mean {shown(near)}? " if near else "")
            + "correct `path`; it is relative to the recipe's folder",
        )
    try:
        git_dir = _git_dir(place)
        located = Located(git_dir, _common_dir(git_dir))
    except (InvalidGitRepositoryError, OSError, ValueError) as error:
        remedy = "give `path` a folder of a repository; for files without history use `connector: text`"
        if misleading := [name for name in _HEEDED if name in os.environ]:
            remedy = f"unset {' and '.join(misleading)}: inside a git hook they speak of another repository"
        raise InputError("it is not in a git repository", where=shown(place), remedy=remedy) from error
    allow_repository(git_dir, located.common_dir, "path")
    for file in (folder / name for folder in (git_dir, located.common_dir) for name in _FILES):
        if file.exists() and not file.is_file():
            raise _damaged(file, "it is no file")
    return located


def _is_folder(place: Path) -> bool:
    try:
        return place.is_dir()
    except OSError as error:  # its name is too long
        raise InputError(
            f"the folder cannot be looked for ({error.strerror})",
            where=shown(place)[:200],
            remedy="correct `path`",
        ) from error


def _git_dir(place: Path) -> Path:
    """The git directory of the repository around a folder, as GitPython's ``Repo`` finds it.

    ``Repo`` itself would read the repository's configuration, and whatever files that includes: a device that never ends,
    a pipe that nobody writes to. Raises ``InvalidGitRepositoryError`` where there is none.
    """
    from git import InvalidGitRepositoryError
    from git.repo.fun import find_worktree_git_dir

    for folder in (place, *place.parents):
        inside = folder / ".git"
        if inside.is_file():
            named = find_worktree_git_dir(inside)
            elsewhere = None if named is None else Path(os.path.normpath(folder / named))
            if elsewhere is None or not _is_git_dir(elsewhere):
                break
            return elsewhere
        if inside.exists() and not inside.is_dir():
            break
        for one in (inside, folder):
            if _is_git_dir(one):
                return one
    raise InvalidGitRepositoryError(place)


def _is_git_dir(folder: Path) -> bool:
    from git.repo.fun import is_git_dir

    pipes = [path for path in (folder / "HEAD", folder / "commondir") if path.exists() and not path.is_file()]
    return not pipes and is_git_dir(folder)


def _damaged(file: Path, what: str) -> InputError:
    return InputError(
        f"the repository's `{file.name}` cannot be read: {what}",
        where=shown(file),
        remedy="see what `git fsck` says there, or clone it anew",
    )


def _common_dir(git_dir: Path) -> Path:
    """A worktree's git directory names the one it shares; any other is its own (not asked of GitPython: it heeds GIT_COMMON_DIR)."""
    try:
        said = os.fsdecode((git_dir / "commondir").read_bytes()).rstrip("\r\n")
    except (FileNotFoundError, NotADirectoryError):
        return git_dir
    return Path(os.path.normpath(git_dir / said))


def identity(located: Located, git: Git) -> str:
    """``host/path`` of the remote ``origin`` without credentials, else the folder's name."""
    try:
        reply = git.run(
            "config", "--file", os.fsencode(located.common_dir / "config"), "-z", "--get", "remote.origin.url"
        )
        url = path_text(reply.partition(b"\0")[0])
    except GitFailed:  # no such remote, or a configuration that cannot be read
        url = ""
    named = identity_of_url(url) if url else None
    return named or path_text(os.fsencode(identity_of_folder(str(located.common_dir))))


def shown(path: Path) -> str:
    """A path as it can be printed."""
    return path_text(os.fsencode(path))
