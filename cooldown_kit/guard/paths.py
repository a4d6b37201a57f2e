"""Local paths: where they lead in the end, and whether that is below one of the policy's roots."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cooldown_kit.guard.policy import Policy

PACKAGE: Final = "package:"
_MAGIC = re.compile(r"[*?\[]")
_KERNEL: Final = ("/proc", "/sys", "/dev")
"""Links there lead to what their text does not say: `/proc/1/root` is another process's file system."""
_MOST_LINKS: Final = 40
_MOST_ENTRIES: Final = 10_000
"""Of a folder that is read as a whole: a model's has some dozens, and whoever sends a recipe must not have us walk through a disk."""


def refusal(text: str, folder: Path, policy: Policy) -> str | None:
    """Why that path, as a recipe writes it, may not be read; ``None`` where it may. Nothing is opened.

    Args:
        folder: what relative paths are relative to.
    """
    if text.startswith(PACKAGE):
        return _package_refusal(text, policy)
    if not text.isprintable():
        return "holds control characters"
    if re.match(r"~|\$[A-Za-z_{(]", text):
        return "starts at somebody's home or with a variable: write it out"
    parts = text.split("/")
    # a name that exists is read as it is written, whatever signs it has
    first = next((index for index, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    if ".." in parts[first:]:
        return "has `..` after a wildcard"
    if first == len(parts) or os.path.exists(folder / text):  # noqa: PTH110 - any name will do
        return outside(folder / text, policy)
    return outside(folder / ("/".join(parts[:first]) or ("/" if text.startswith("/") else ".")), policy)


def outside(path: Path, policy: Policy) -> str | None:
    """Why a path may not be read: where it leads in the end, links followed, is below none of the roots."""
    try:
        end = real(path)
        roots = [real(root) for root in policy.roots]
    except ValueError as error:
        return str(error)
    if any(end.is_relative_to(root) for root in roots):
        return None
    # where it leads is not said: whether a path exists, and is a link, is nobody's business
    return "leads out of the folders that recipes may read"


def links_outside(folder: Path, policy: Policy) -> str | None:
    """Why a folder may not be read as a whole: a link somewhere in it leads out of the roots."""
    for number, entry in enumerate(_entries(folder)):
        if number >= _MOST_ENTRIES:
            return f"holds more than {_MOST_ENTRIES} files and folders"
        if entry.is_symlink() and outside(entry, policy) is not None:
            return f"holds a link ({entry.relative_to(folder)}) that leads out of the folders that recipes may read"
    return None


def _entries(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in (*folders, *files))


def real(path: Path) -> Path:
    """Where a path leads. What does not exist leads to itself. Raises ``ValueError`` for circles and the kernel's own folders.

    Not ``resolve()``: that believes the text of the links below ``/proc``.
    """
    pending = [*reversed((Path.cwd() / path).parts[1:])]
    here, links = "/", 0
    while pending:
        part = pending.pop()
        if part == "..":
            here = os.path.dirname(here)  # noqa: PTH120
            continue
        here = os.path.join(here, part)  # noqa: PTH118
        if here in _KERNEL:
            raise ValueError("leads into the kernel's own folders")
        try:
            target = os.readlink(here)  # noqa: PTH115
        except OSError:
            continue  # no link, or nothing that we may look at
        links += 1
        if links > _MOST_LINKS:
            raise ValueError("goes round in a circle of links")
        here = "/" if target.startswith("/") else os.path.dirname(here)  # noqa: PTH120
        pending += [part for part in reversed(target.split("/")) if part not in ("", ".")]
    return Path(here)


def _package_refusal(spec: str, policy: Policy) -> str | None:
    """Files inside an installed package: allowed where the package's own folder is below a root."""
    name, _, inner = spec.removeprefix(PACKAGE).partition("/")
    try:
        found = importlib.util.find_spec(name) if name.isidentifier() else None
    except (ImportError, ValueError):  # `__main__` has none to give
        found = None
    places = list(found.submodule_search_locations or []) if found is not None else []
    if not places or ".." in inner.split("/"):
        return "names no installed package whose folder recipes may read"
    return next((why for place in places if (why := refusal(f"{place}/{inner}", Path("/"), policy))), None)
