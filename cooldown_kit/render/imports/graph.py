"""From what files say they import to a graph of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from cooldown_kit.render.imports.families import Resolver
from cooldown_kit.render.imports.paths import RepositoryPaths

_WIDE = 3
"""An import of more files (a package of Go) is a group in the graph, of which there is one however many files import it."""


class File(Protocol):
    """What the order needs to know of a file."""

    @property
    def path(self) -> str: ...
    @property
    def language(self) -> str | None: ...
    @property
    def imports(self) -> Sequence[str]: ...


class ImportGraph:
    """The imports between the files of one repository.

    ``files`` must be sorted by path; ``paths`` may know more files than these, which imports may mean as well. ``imports`` is what
    :func:`~cooldown_kit.render.imports.order.import_order` takes. ``counts`` has ``imports`` and ``imports_in_repository``.
    """

    def __init__(self, files: Sequence[File], paths: RepositoryPaths) -> None:
        self._resolver = Resolver(paths)
        self._number = {file.path: index for index, file in enumerate(files)}
        self._groups: dict[tuple[int, ...], int] = {}
        self.imports: list[set[int]] = [set() for _ in files]
        self.counts: Counter[str] = Counter()
        for index, file in enumerate(files):
            for imported in file.imports:
                self._link(index, file, imported)

    def _link(self, index: int, file: File, imported: str) -> None:
        found = self._resolver.resolve(file.path, file.language, imported)
        self.counts["imports"] += 1
        self.counts["imports_in_repository"] += bool(found)
        self.imports[index].update(self._targets(found))

    def _targets(self, found: Iterable[str]) -> tuple[int, ...]:
        numbers = tuple(self._number[path] for path in found if path in self._number)
        if len(numbers) <= _WIDE:
            return numbers
        if numbers not in self._groups:
            self._groups[numbers] = len(self.imports)
            self.imports.append(set(numbers))
        return (self._groups[numbers],)
