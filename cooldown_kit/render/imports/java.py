"""Java: ``import``, static and with ``*``. Classes of the same package need no import and give no edge.

Read as ``a.b.C`` and ``a.b.*``; a static import as the class that it names with its member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cooldown_kit.render.imports.family import Family, Resolve
from cooldown_kit.render.imports.paths import RepositoryPaths, nearest_of
from cooldown_kit.render.imports.syntax import Grammar, Syntax

if TYPE_CHECKING:
    from tree_sitter import Node

_TESTS = frozenset({"test", "tests", "androidTest", "integrationTest", "testFixtures"})


def _read(syntax: Syntax) -> list[str]:
    found = []
    for node in syntax.root.children:
        if node.type != "import_declaration":
            continue
        names = _identifiers(syntax, node)
        if any(child.type == "asterisk" for child in node.named_children):
            names.append("*")
        found.append(".".join(names))
    return found


def _identifiers(syntax: Syntax, node: Node) -> list[str]:
    """The identifiers under a node in their order, whatever comments and white space stand between them."""
    open_nodes, found = [node], []
    while open_nodes:
        current = open_nodes.pop()
        if current.type == "identifier":
            found.append(syntax.text(current))
        open_nodes += reversed(current.named_children)
    return found


class _Resolver:
    def __init__(self, paths: RepositoryPaths) -> None:
        self._paths = paths

    def __call__(self, importer: str, imported: str) -> set[str]:
        *parts, last = imported.split(".")
        if last != "*":
            parts.append(last)
        if hit := self._class(parts, importer):
            return {hit}
        return self._package(parts, importer) if last == "*" else set()

    def _class(self, parts: list[str], importer: str) -> str | None:
        """``a.b.C``, or the class around what is named: ``a.b.C.Inner``, ``a.b.C.method``."""
        for end in range(len(parts), 1, -1):
            if hit := self._paths.nearest("/".join(parts[:end]) + ".java", importer):
                return hit
            if parts[end - 1][:1].islower() and parts[end - 2][:1].islower():
                return None  # in a package: nothing above it is a class
        return None

    def _package(self, parts: list[str], importer: str) -> set[str]:
        """All files of the package in the nearest tree of sources: not in one of tests, if there is another."""
        folders = self._paths.folders("/".join(parts))
        sources = [folder for folder in folders if not _TESTS.intersection(folder.split("/"))]
        folder = nearest_of(sources or folders, importer)
        return {p for p in self._paths.inside(folder) if p.endswith(".java")} if folder else set()


def _resolver(paths: RepositoryPaths) -> Resolve:
    return _Resolver(paths)


FAMILY = Family("java", {"Java": Grammar("tree_sitter_java")}, ("import",), _read, _resolver)
