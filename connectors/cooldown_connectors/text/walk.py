"""Find files below a folder: sorted, symlinks kept inside, loops impossible, everything passed over reported."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cooldown_kit.records import Skipped


@dataclass(frozen=True, slots=True)
class Found:
    """A regular file. ``name`` is its path relative to the search root, with ``/``; sizes are bytes."""

    path: Path
    name: str
    size: int
    mtime_ns: int


def found(path: Path, name: str) -> Found | Skipped:
    """The file at ``path``, following a link, or why it cannot be read."""
    try:
        status = path.stat()
    except OSError as error:
        return unreadable(name, error)
    if not stat.S_ISREG(status.st_mode):  # opening a pipe or a device could block for ever
        return Skipped(what=name, reason="not_a_file")
    return Found(path, name, status.st_size, status.st_mtime_ns)


def unreadable(name: str, error: OSError) -> Skipped:
    """A file or folder that the system refuses to read, with the system's own words."""
    return Skipped(what=name, reason="unreadable", detail=error.strerror or str(error))


def printable(name: str) -> str:
    """A file name as valid Unicode: bytes of it that are not UTF-8 are shown as ``\\xff``."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def walk(
    root: Path,
    matches: Callable[[str], bool],
    *,
    max_depth: int | None = None,
    hidden: bool = False,
) -> Iterator[Found | Skipped]:
    """All files below ``root`` whose relative name ``matches``, folder by folder in sorted order.

    Links to files inside the root are followed, links that lead out of it are not. Links to folders are
    never followed: a folder inside the root is met under its own name. Entries that start with a dot are passed
    over unless ``hidden``. ``max_depth`` counts levels: 1 is the files directly in the root.
    """
    real_root = os.path.realpath(root)
    stack = [_listing(str(root), "")]
    while stack:
        entry = next(stack[-1], None)
        if entry is None:
            stack.pop()
        elif isinstance(entry, Skipped):
            yield entry
        else:
            path, name, is_link, is_folder = entry
            deeper = max_depth is None or len(stack) < max_depth
            if not hidden and name.rpartition("/")[2].startswith("."):
                if matches(name):
                    yield Skipped(what=printable(name), reason="hidden")
            elif is_link:
                if deeper if is_folder else matches(name):
                    yield _link(path, name, real_root)
            elif is_folder:
                if deeper:
                    stack.append(_listing(path, name + "/"))
            elif matches(name):
                yield found(Path(path), printable(name))


def _listing(folder: str, prefix: str) -> Iterator[tuple[str, str, bool, bool] | Skipped]:
    """``(path, name, is_link, is_folder)`` of each entry, sorted; nothing stays open while the caller works."""
    try:
        with os.scandir(folder) as entries:
            listing = sorted(
                (entry.name, entry.path, entry.is_symlink(), _is_folder(entry)) for entry in entries
            )
    except OSError as error:
        yield unreadable(printable(prefix) or ".", error)
        return
    for name, path, is_link, is_folder in listing:
        yield path, prefix + name, is_link, is_folder


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that goes round in a circle
        return False


def _link(path: str, name: str, real_root: str) -> Found | Skipped:
    what = printable(name)
    try:
        target = os.path.realpath(path, strict=True)
    except OSError as error:
        reason = "symlink_loop" if error.errno == errno.ELOOP else "broken_symlink"
        return Skipped(what=what, reason=reason)
    if not _is_below(target, real_root):
        return Skipped(
            what=what, reason="symlink_outside", detail="it leads out of the folder and is not followed"
        )
    if not Path(target).is_dir():
        return found(Path(path), what)
    if _is_below(os.path.realpath(Path(path).parent), target):
        return Skipped(what=what, reason="symlink_loop")
    return Skipped(what=what, reason="symlink_folder", detail="its target is read under its own name")


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
