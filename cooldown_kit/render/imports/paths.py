"""The paths of one repository, looked up exactly or by how they end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from cooldown_kit.render.imports.manifests import Declared

_NONE: tuple[str, ...] = ()


class RepositoryPaths:
    """All paths of one repository at one revision, with what its manifests declare.

    Paths are relative to the repository's root and use ``/``; the root itself is the empty string.
    """

    def __init__(
        self,
        paths: Iterable[str],
        *,
        name: str = "",
        declared: Mapping[str, Declared] | None = None,
    ) -> None:
        """``name`` is the repository's own, as in ``acme/ledger``; ``declared`` maps paths of manifests to what they say."""
        self.files = frozenset(paths)
        self.name = name.rstrip("/").removesuffix(".git")
        self._by_end: dict[str, list[str]] = defaultdict(list)
        self._by_folder: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.files):
            self._by_end[_end(path)].append(path)
            self._by_end[path.rpartition("/")[2]].append(path)
            self._by_folder[folder_of(path)].append(path)
        self._folders_by_end: dict[str, list[str]] = defaultdict(list)
        for folder in self._by_folder:
            self._folders_by_end[folder.rpartition("/")[2]].append(folder)
        self.declared: dict[str, dict[str, str]] = defaultdict(dict)
        for path, found in sorted((declared or {}).items()):
            self.declared[found.kind].setdefault(found.name, folder_of(path))

    def __contains__(self, path: str) -> bool:
        return path in self.files

    def first(self, candidates: Iterable[str]) -> str | None:
        """The first candidate that is a file of the repository."""
        return next((path for path in candidates if path in self.files), None)

    def inside(self, folder: str) -> list[str]:
        """The files that stand directly in a folder, sorted."""
        return self._by_folder.get(folder, [])

    def nearest(self, ending: str, importer: str, allowed: Callable[[str], bool] | None = None) -> str | None:
        """The file whose path ends with these whole components.

        Of several, the one that shares most leading folders with ``importer``; ``None`` where that does not decide, for
        a wrong edge is worse than none. ``allowed`` judges the folder before the ending.
        """
        found = self._by_end.get(_end(ending), _NONE)
        return nearest_of([path for path in found if _ends(path, ending, allowed)], importer)

    def nearest_folder(self, ending: str, importer: str) -> str | None:
        """The folder with files whose path ends with these whole components; of several as :meth:`nearest`."""
        found = self._folders_by_end.get(ending.rpartition("/")[2], _NONE)
        return nearest_of([folder for folder in found if _ends(folder, ending, None)], importer)

    def folders(self, ending: str) -> list[str]:
        """All folders with files whose path ends with these whole components."""
        found = self._folders_by_end.get(ending.rpartition("/")[2], _NONE)
        return [folder for folder in found if _ends(folder, ending, None)]


def folder_of(path: str) -> str:
    """The folder that a path stands in."""
    return path.rpartition("/")[0]


def join(folder: str, relative: str) -> str | None:
    """``relative`` as seen from ``folder``, without ``.`` and ``..``; ``None`` where it leaves the repository."""
    parts = folder.split("/") if folder else []
    for part in relative.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def ancestors(path: str) -> list[str]:
    """The folders above a file, the nearest first, the root last."""
    folders = []
    while path:
        path = folder_of(path)
        folders.append(path)
    return folders or [""]


def below(folder: str, name: str) -> str:
    """The path of ``name`` in ``folder``."""
    return f"{folder}/{name}" if folder else name


def nearest_of(candidates: list[str], importer: str) -> str | None:
    """The candidate that shares most leading folders with ``importer``; ``None`` where there are two such."""
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    scores = [_shared_folders(candidate, importer) for candidate in candidates]
    best = max(scores)
    return candidates[scores.index(best)] if scores.count(best) == 1 else None


def _end(path: str) -> str:
    """The last two components of a path: names such as ``__init__.py`` alone are too common for an index."""
    return "/".join(path.rsplit("/", 2)[-2:])


def _ends(path: str, ending: str, allowed: Callable[[str], bool] | None) -> bool:
    if path != ending and not path.endswith("/" + ending):
        return False
    return allowed is None or allowed(path[: -len(ending)].rstrip("/"))


def _shared_folders(first: str, second: str) -> int:
    shared = 0
    for a, b in zip(first.split("/"), second.split("/"), strict=False):
        if a != b:
            break
        shared += 1
    return shared
