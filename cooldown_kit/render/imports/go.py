"""Go: import specs. An import means a package, which is all files of a folder but its tests."""

from __future__ import annotations

from cooldown_kit.render.imports.family import Family, Resolve
from cooldown_kit.render.imports.paths import RepositoryPaths, below
from cooldown_kit.render.imports.syntax import Grammar, Syntax


def _read(syntax: Syntax) -> list[str]:
    declarations = [node for node in syntax.root.children if node.type == "import_declaration"]
    children = [child for declaration in declarations for child in declaration.named_children]
    specs = [spec for child in children for spec in (child, *child.named_children)]
    paths = [spec.child_by_field_name("path") for spec in specs if spec.type == "import_spec"]
    return [syntax.text(path)[1:-1] for path in paths if path is not None]


class _Resolver:
    def __init__(self, paths: RepositoryPaths) -> None:
        self._paths = paths
        # The longest name first: a module may stand inside another.
        self._modules = sorted(paths.declared["go"].items(), key=lambda item: -len(item[0]))

    def __call__(self, importer: str, imported: str) -> list[str]:
        folder = self._folder(importer, imported)
        if folder is None:
            return []
        return [p for p in self._paths.inside(folder) if p.endswith(".go") and not p.endswith("_test.go")]

    def _folder(self, importer: str, imported: str) -> str | None:
        for module, folder in self._modules:
            if imported == module:
                return folder
            if imported.startswith(module + "/"):
                return below(folder, imported[len(module) + 1 :])
        if "." not in imported.partition("/")[0]:
            return None  # the standard library
        if vendored := self._paths.nearest_folder(imported, importer):
            return vendored
        return None if self._modules else self._by_name(importer, imported)

    def _by_name(self, importer: str, imported: str) -> str | None:
        """Without a ``go.mod``: what follows the repository's name, else the longest end of the path that is a folder."""
        parts = imported.split("/")
        name = self._paths.name.rpartition("/")[2]
        if name in parts[1:]:
            return "/".join(parts[parts.index(name, 1) + 1 :])
        for start in range(1, len(parts) - 1):
            if hit := self._paths.nearest_folder("/".join(parts[start:]), importer):
                return hit
        return None


def _resolver(paths: RepositoryPaths) -> Resolve:
    return _Resolver(paths)


FAMILY = Family("go", {"Go": Grammar("tree_sitter_go")}, ("import",), _read, _resolver)
