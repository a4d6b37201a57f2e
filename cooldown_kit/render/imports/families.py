"""The languages whose imports are read, and the two questions that may be asked: what a file imports, and which files that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from cooldown_kit.render.imports import c, go, java, javascript, python, rust
from cooldown_kit.render.imports.family import Family, Resolve
from cooldown_kit.render.imports.paths import RepositoryPaths
from cooldown_kit.render.imports.syntax import NotParsed, parse

FAMILIES = (python.FAMILY, javascript.FAMILY, java.FAMILY, go.FAMILY, c.FAMILY, rust.FAMILY)


@dataclass(frozen=True)
class Found:
    """What a file imports, each import once, in the order of the file."""

    imports: tuple[str, ...] = ()
    not_read: str | None = None
    """Why its imports are not known: ``no_parser`` (another language), ``too_large_to_parse``, ``too_hard_to_parse``."""


@cache
def family_of(language: str | None) -> Family | None:
    """The family that reads a language, by the language's linguist name."""
    return next((family for family in FAMILIES if language in family.grammars), None)


def needs_parser(language: str | None, content: str) -> bool:
    """Whether a file may import anything: a word that every import of its language has stands in it."""
    family = family_of(language)
    return family is not None and any(word in content for word in family.words)


def no_imports(language: str | None) -> Found:
    """The answer for a file that need not be parsed."""
    return Found(not_read="no_parser" if family_of(language) is None else None)


def find_imports(language: str | None, content: str) -> Found:
    """The imports of one file, as it writes them. A broken file gives those that stand in its sound parts."""
    family = family_of(language)
    if family is None or language is None or not needs_parser(language, content):
        return no_imports(language)
    try:
        syntax = parse(content.encode("utf-8", "surrogatepass"), family.grammars[language])
    except NotParsed as problem:
        return Found(not_read=problem.reason)
    return Found(tuple(dict.fromkeys(family.read(syntax))))


class Resolver:
    """Which files of one repository the imports of its files mean."""

    def __init__(self, paths: RepositoryPaths) -> None:
        self._paths = paths
        self._by_family: dict[str, Resolve] = {}

    def resolve(self, path: str, language: str | None, imported: str) -> list[str]:
        """The paths that one import of a file means, sorted, without the file itself; none for another package."""
        family = family_of(language)
        if family is None:
            return []
        if family.name not in self._by_family:
            self._by_family[family.name] = family.resolver(self._paths)
        return sorted(set(self._by_family[family.name](path, imported)) - {path})

    def imported_by(self, path: str, language: str | None, imports: Iterable[str]) -> set[str]:
        """All files that a file imports."""
        return {target for imported in imports for target in self.resolve(path, language, imported)}
