"""Python: ``import`` and ``from … import``, wherever they stand, also inside functions and under ``TYPE_CHECKING``.

Read as ``a.b`` for ``import a.b`` and as ``a.b:c,d`` for ``from a.b import c, d``, with leading dots where relative.
"""

from __future__ import annotations

import sys

from cooldown_kit.render.imports.family import Family, Resolve
from cooldown_kit.render.imports.paths import RepositoryPaths, ancestors, below
from cooldown_kit.render.imports.syntax import Grammar, Syntax

_QUERY = "[(import_statement) (import_from_statement)] @import"
_ENDINGS = ("/__init__.py", ".py", "/__init__.pyi", ".pyi", ".pyx")
"""A package goes before a module of the same name, as Python has it."""


def _read(syntax: Syntax) -> list[str]:
    found = []
    for node in syntax.captures(_QUERY).get("import", ()):
        names = [
            syntax.text(inner if (inner := name.child_by_field_name("name")) else name)
            for name in node.children_by_field_name("name")
        ]
        module = node.child_by_field_name("module_name")
        if module is None:
            found += [_closed(name) for name in names]
        else:
            found.append(f"{_closed(syntax.text(module))}:{','.join(_closed(name) for name in names)}")
    return found


def _closed(name: str) -> str:
    """A dotted name without the white space that may stand around its dots."""
    return "".join(name.split())


class _Resolver:
    def __init__(self, paths: RepositoryPaths) -> None:
        self._paths = paths

    def __call__(self, importer: str, imported: str) -> set[str]:
        module, _, names = imported.partition(":")
        path = module.lstrip(".")
        dots = len(module) - len(path)
        parts = path.split(".") if path else []
        found = set()
        for name in names.split(",") if names else [""]:
            if hit := (
                self._relative(importer, dots, parts, name) if dots else self._absolute(importer, parts, name)
            ):
                found.add(hit)
        return found

    def _relative(self, importer: str, dots: int, parts: list[str], name: str) -> str | None:
        above = ancestors(importer)
        if dots > len(above):
            return None
        return self._module(above[dots - 1], parts, name)

    def _module(self, folder: str, parts: list[str], name: str) -> str | None:
        """The submodule ``name``, else the module that defines it."""
        if name and (hit := self._file(below(folder, "/".join([*parts, name])))):
            return hit
        return self._file(below(folder, "/".join(parts)) if parts else folder)

    def _file(self, stem: str) -> str | None:
        return self._paths.first((stem + ending).lstrip("/") for ending in _ENDINGS)

    def _absolute(self, importer: str, parts: list[str], name: str) -> str | None:
        """From the folders above the importing file that are no packages, the nearest first, else from anywhere.

        Python's own names mean Python's own modules, unless the folder is a copy of the standard library.
        """
        standard = parts[0] in sys.stdlib_module_names
        for folder in ancestors(importer):
            if self._is_package(folder) or (standard and below(folder, "os.py") not in self._paths):
                continue
            for root in (folder, below(folder, "src")):
                if hit := self._module(root, parts, name):
                    return hit
        if standard:
            return None
        return (name and self._anywhere(importer, [*parts, name])) or self._anywhere(importer, parts)

    def _anywhere(self, importer: str, parts: list[str]) -> str | None:
        """The nearest file that ends so and whose root is no package; a lone ``name.py`` is too little to go by."""
        stem = "/".join(parts)
        for ending in _ENDINGS:
            if "/" in stem + ending and (
                hit := self._paths.nearest(stem + ending, importer, lambda root: not self._is_package(root))
            ):
                return hit
        return None

    def _is_package(self, folder: str) -> bool:
        return below(folder, "__init__.py") in self._paths or below(folder, "__init__.pyi") in self._paths


def _resolver(paths: RepositoryPaths) -> Resolve:
    return _Resolver(paths)


FAMILY = Family("python", {"Python": Grammar("tree_sitter_python")}, ("import",), _read, _resolver)
