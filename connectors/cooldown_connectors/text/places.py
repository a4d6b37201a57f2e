"""What the option ``path`` means: a file, a folder, a glob, or a place inside an installed Python package."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cooldown_connectors.text.glob_pattern import is_glob, parse_glob
from cooldown_connectors.text.walk import Found, found, printable, walk
from cooldown_kit.errors import InputError
from cooldown_kit.guard.use import allow_path
from cooldown_kit.nearest import nearest_path
from cooldown_kit.records import Skipped

_PACKAGE = "package:"


@dataclass(frozen=True)
class Place:
    """Where to search. ``given`` is the option as written, for messages; ``root`` is the file or the folder."""

    given: str
    root: Path
    kind: Literal["file", "folder", "glob"]
    """A file that is named itself is read whatever its extension."""
    files: Callable[[], Iterator[Found | Skipped]]
    """Looks again at every call: the files that match, in a stable order, and what was passed over."""


def locate(path: str, folder: Path) -> Place:
    """Resolve the option, relative to ``folder``.

    Raises :class:`InputError` with the nearest name that exists where a file, folder or package is missing.
    """
    if path.startswith(_PACKAGE):
        return _in_package(path)
    return _on_disk(path, folder / os.path.expanduser(path))  # noqa: PTH111  (Path's raises for unknown users)


def _on_disk(given: str, path: Path) -> Place:
    start = parse_glob(str(path)).start if is_glob(str(path)) and not os.path.lexists(path) else path
    allow_path(Path(start), f"path {given!r}")
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if os.path.lexists(path):
            raise InputError(
                "it is a broken link", where=str(path), remedy="correct the link or `path`"
            ) from None
        if is_glob(str(path)):
            return _glob(given, str(path))
        raise _missing(given, path) from None
    except OSError as error:
        raise cannot_read(path, error) from error
    if stat.S_ISREG(mode):
        return Place(given, path, "file", lambda: iter([found(path, printable(path.name))]))
    if stat.S_ISDIR(mode):
        return Place(given, path, "folder", lambda: walk(path, lambda _: True))
    raise InputError(
        "it is neither a file nor a folder but a pipe, a socket or a device",
        where=str(path),
        remedy="set `path` to a file, a folder or a glob",
    )


def cannot_read(path: Path, error: OSError) -> InputError:
    """A file or folder that the recipe names and the system refuses to read."""
    what = f"it cannot be read: {error.strerror or error}"
    return InputError(what, where=str(path), remedy="give yourself permission to read it, or correct `path`")


def _glob(given: str, path: str) -> Place:
    pattern = parse_glob(path)
    root = Path(pattern.start)
    if not root.is_dir():
        raise _missing(given, root)

    def files() -> Iterator[Found | Skipped]:
        return walk(root, pattern.matches, max_depth=pattern.max_depth, hidden=pattern.hidden)

    return Place(given, root, "glob", files)


def _in_package(given: str) -> Place:
    name, _, inner = given.removeprefix(_PACKAGE).partition("/")
    if ".." in inner.split("/"):
        raise InputError(
            "a path inside a package may not lead out of it", where=given, remedy="remove the `..`"
        )
    folders = _package_folders(name, given)
    for folder in folders[:-1]:
        if (folder / inner).exists():
            return _on_disk(given, folder / inner)
    return _on_disk(given, folders[-1] / inner)


def _package_folders(name: str, given: str) -> list[Path]:
    """The folders of a top-level package, found without importing it; several for a namespace package."""
    try:
        spec = importlib.util.find_spec(name) if name.isidentifier() else None
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        near = difflib.get_close_matches(name, importlib.metadata.packages_distributions(), n=1)
        remedy = "install the package into this environment, or write `package:NAME/inner/path` with its import name"
        raise InputError(
            f"there is no installed package {name!r}",
            where=given,
            remedy=f"did you mean {near[0]!r}? Otherwise {remedy}" if near else remedy,
        )
    if not spec.submodule_search_locations:
        raise InputError(
            f"{name!r} is a single module, not a package with files", where=given, remedy="name a package"
        )
    return [Path(location) for location in spec.submodule_search_locations]


def _missing(given: str, path: Path) -> InputError:
    """Name the first part of the path that does not exist, and what in its folder is called almost like it."""
    path = Path(os.path.normpath(path))
    while not path.parent.exists():
        path = path.parent
    near = nearest_path(path)
    hint = f"did you mean {str(near)!r}? " if near else ""
    return InputError(
        f"there is no {path.name!r} in {str(path.parent)!r}",
        where=f"path {given!r}",
        remedy=f"{hint}Paths are relative to the recipe's folder; correct `path`, or put the file there",
    )
