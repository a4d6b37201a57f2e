"""What this package asks of a family of languages: how imports are read, and which files of a repository they mean."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from cooldown_kit.render.imports.paths import RepositoryPaths
from cooldown_kit.render.imports.syntax import Grammar, Syntax

Resolve = Callable[[str, str], Collection[str]]
"""(path of the importing file, one import as read) → paths of the files that it means; none for other packages."""


@dataclass(frozen=True)
class Family:
    """A family of languages whose files import each other."""

    name: str
    grammars: Mapping[str, Grammar]
    """Language, by its linguist name → its grammar."""
    words: Sequence[str]
    """A file in which none of these stands imports nothing, and need not be parsed."""
    read: Callable[[Syntax], list[str]]
    """The imports of one file, as the file writes them, in a compact form that the family defines."""
    resolver: Callable[[RepositoryPaths], Resolve]
